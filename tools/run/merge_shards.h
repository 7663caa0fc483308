#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tools/run/journal.h"

namespace deeper::tools {

// One shard's journal with the name of its file.
struct ShardFile {
  std::string source;
  JournalContent content;
};

// What one run over all pictures would have known at its end.
struct MergedShards {
  RunRecord run;             // of the first shard
  std::string first_source;  // the first shard's file
  JournalEntries entries;    // of every picture
};

// The journals that the words name, each once, sorted by name. A word is a journal, or a directory
// for all its files "*journal-I-of-N.jsonl". Throws Error for a word that names none.
std::vector<std::filesystem::path> JournalsOf(const std::vector<std::string>& words);

// Joins the shards of one run. Throws Error that names the files concerned unless all shards are of
// the same verb, configuration, pictures and number of parts, and every picture is in exactly one
// of them. Throws Error where there is nothing to join.
MergedShards MergeShards(std::vector<ShardFile> shards);

}  // namespace deeper::tools
