#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/files/append_file.h"
#include "core/pictures/picture_files.h"
#include "tools/options/exit_status.h"
#include "tools/run/shard.h"

namespace deeper::tools {

// What a run is, as its journal's first line says: runs that agree in all of it do the same work.
struct RunRecord {
  std::string verb;  // "detect"
  // All that a picture's result depends on besides the picture, as a recipe (core/other_recipe.h);
  // the last line is kResultsVersionLine.
  std::string configuration;
  std::string inputs;    // digest of the pictures' ids and paths
  std::string pictures;  // digest of the ids alone: the same wherever the pictures are mounted
  std::size_t picture_count = 0;  // of all shards together
  Shard shard = {};
  std::size_t shard_pictures = 0;
  // JSON: what the result files need besides; not compared. A later command may ask for others:
  // the last ones of a journal count.
  std::string results;

  bool operator==(const RunRecord&) const = default;
};

// Whether two runs do the same work, so that one goes on from the other's journal.
bool IsSameRun(const RunRecord& a, const RunRecord& b);

// The record of a run over this shard of these pictures by this program; `configuration` without
// the line of its version.
RunRecord RecordOf(const std::string& verb,
                   const std::string& configuration,
                   const std::vector<Picture>& pictures,
                   const Shard& shard,
                   const std::string& results);

// What became of one picture.
struct JournalEntry {
  enum class Kind {
    kDone,    // text: the result, a JSON object
    kFailed,  // text: why the picture has no result, for people; tried again by the next run
    kLost,    // text: how it ended the process, for people; not tried again
  };
  Kind kind = Kind::kDone;
  std::string text;
  // ContentOfFile of the picture as it was then; "" where it could not be read, or is not known.
  std::string content = {};

  bool operator==(const JournalEntry&) const = default;
};

// By position among all pictures of the run.
using JournalEntries = std::map<std::size_t, JournalEntry>;

// The results of those that have one, one per line, by position.
std::string ResultLines(const JournalEntries& entries);

// The content of a journal as far as it is good.
struct JournalContent {
  RunRecord run;
  JournalEntries entries;  // the last one of each picture
  std::size_t damaged_lines = 0;
  std::size_t whole_bytes = 0;  // up to the end of the last whole line
};

// Reads a journal's text; `source` names it in messages. Leaves out and counts a last line that is
// cut short and lines whose check does not match. Throws Error when the first line is not that of a
// journal or is damaged, as what the rest belongs to is then unknown.
JournalContent ParseJournal(std::string_view text, const std::string& source);
JournalContent ReadJournal(const std::filesystem::path& path);

// What its first line says. Throws as ReadJournal does.
RunRecord ReadRunRecord(const std::filesystem::path& path);

// The text of a journal of these entries, in their order: the same bytes however many times the run
// was stopped.
std::string JournalText(const RunRecord& run, const JournalEntries& entries);

// What a run has done so far: a first line that names it, then one line per picture, each with a
// check (docs/formats.md). Each line is on the disk before the next is begun, so that a run can
// stop at any moment and goes on from there. The file belongs to one process at a time.
class Journal {
 public:
  enum class Start {
    kGoOn,  // from what an earlier run left
    kAnew,  // what it left is dropped, of whichever run it is
  };

  // Opens the journal of an earlier run or begins one. Cuts off a torn last line and passes over
  // damaged ones. Throws OtherRecipe when the earlier run was another one. Throws
  // Error when another process is at work on the file, or it cannot be read or written.
  Journal(std::filesystem::path path, const RunRecord& run, Start start = Start::kGoOn);

  // What the run's results were asked to be so far.
  const std::string& results() const { return results_; }
  // From now on they are to be these. Throws WriteError.
  void SetResults(const std::string& results);

  // The last entry of each picture, as the file holds them now.
  JournalEntries Entries() const;
  // Lines of earlier runs that could not be used; their pictures are done again.
  std::size_t DamagedLines() const { return damaged_lines_; }

  // Throws WriteError when the line does not reach the disk. Safe from several threads.
  void Append(std::size_t picture, const JournalEntry& entry);
  // The line of an entry, ready for AppendFromSignalHandler.
  static std::string LineOf(std::size_t picture, const JournalEntry& entry);
  bool AppendFromSignalHandler(std::string_view line) const noexcept {
    return file_.AppendFromSignalHandler(line);
  }

  const std::filesystem::path& path() const { return file_.path(); }
  // Removes the file: the final results are in place.
  void Remove() { file_.Remove(); }

 private:
  AppendFile file_;
  std::mutex appending_;
  std::string results_;
  std::size_t damaged_lines_ = 0;
};

// Where the journal of this shard lies: "<stem>.jsonl", "<stem>-3-of-64.jsonl".
std::filesystem::path JournalPath(const std::filesystem::path& stem, const Shard& shard);

}  // namespace deeper::tools
