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

// The journals that the words name, each once, sorted by name: files, and of directories all files
// "*journal-I-of-N.jsonl" in them. Throws Error for a word that names none.
std::vector<std::filesystem::path> JournalsOf(const std::vector<std::string>& words);

// Joins the shards of one run. Throws Error naming the files concerned unless all shards are of the
// same verb, configuration, pictures and number of parts, no picture is in two of them, and every
// picture is in one; and where there is nothing to join.
MergedShards MergeShards(std::vector<ShardFile> shards);

}  // namespace deeper::tools
