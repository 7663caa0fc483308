#pragma once

#include <boost/program_options.hpp>
#include <cstddef>
#include <functional>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/pictures/picture_content.h"
#include "core/pictures/picture_files.h"
#include "core/work/parallel.h"
#include "tools/input/pictures.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/run/journal.h"
#include "tools/run/progress.h"
#include "tools/run/stop_signal.h"
#include "tools/run/supervision.h"

namespace deeper::tools {

// Seconds on the clock that one picture may take by default: far more than any takes.
inline constexpr double kPictureTimeLimitSeconds = 3600;

// The option --picture-time-limit.
void AddPictureTimeLimit(boost::program_options::options_description& group, double& limit_s);
void CheckPictureTimeLimit(double limit_s);  // throws UsageError

// Work on one picture after the other that is kept in a journal.
struct PictureRun {
  const std::vector<Picture>* pictures = nullptr;  // of all shards
  Shard shard = {};
  int workers = 1;
  double picture_time_limit_s = 0;  // 0: none
  std::string what;                 // "detecting"
};

// What a journal of earlier runs leaves to do: what failed, and pictures whose files have another
// content now.
struct WorkLeft {
  JournalEntries entries;             // those that stay: done, without their texts, and lost
  std::vector<std::size_t> pictures;  // positions of the shard's others, ascending
  std::size_t shard_pictures = 0;
};

// `journal` may be null; all is left then. Says on stderr what is wrong with the journal, and how
// many pictures changed. Reads the files of pictures that the journal has.
WorkLeft WorkLeftOf(const PictureRun& run, const Journal* journal);

// The entry with a text that takes no memory: a text that is cleared would keep its own.
inline JournalEntry WithoutText(const JournalEntry& entry) {
  return {.kind = entry.kind, .text = {}, .content = entry.content};
}

// Fills in the texts of `entries`, all of which the journal has. Throws Error where it lost one.
void ReadTexts(const Journal& journal, JournalEntries& entries);

// Says through `progress` which pictures were lost in earlier runs, and why.
void SayLost(const JournalEntries& entries, ProgressLine& progress);

// Why a picture of a data set that does not say where it lies has no result, and what to do.
std::string WithoutFile(const std::string& id);

// Does work(picture) for each picture of the shard that the journal lacks. Returns what is known of
// all of the shard's pictures; when StopAsked(), what is known so far, without texts. Throws what
// is no picture's fault, as WriteError is.
//
// A Result has `json`, what the journal keeps, and `error`, empty where all went well. It is in the
// journal, if there is one, as soon as its picture is done. While the run lasts, results are in the
// journal alone, so that memory does not grow with the pictures. finish(result) is called for those
// without error, one at a time, in the order of the pictures.
template <typename Result>
JournalEntries RunPictures(const PictureRun& run,
                           Journal* journal,
                           const std::function<Result(const Picture&)>& work,
                           const std::function<void(Result)>& finish) {
  WorkLeft left = WorkLeftOf(run, journal);
  ProgressLine progress(
      run.what, "pictures", left.shard_pictures, left.shard_pictures - left.pictures.size());
  SayLost(left.entries, progress);
  std::optional<OrderlyStop> orderly;
  if (journal != nullptr) orderly.emplace();
  std::optional<Supervision> supervision;
  if (journal != nullptr) supervision.emplace(*journal, run.picture_time_limit_s);

  const auto work_or_error = [&](const Picture& picture) -> Result {
    if (picture.path.empty()) {
      Result result;
      result.error = WithoutFile(picture.id);
      return result;
    }
    try {
      return work(picture);
    } catch (const std::bad_alloc&) {
      Result result;
      result.error = picture.path.string() + ": not enough memory; try fewer --workers";
      return result;
    }
  };
  ForEachInOrder<std::pair<Result, JournalEntry>>(
      left.pictures.size(),
      run.workers,
      StopAsked,
      [&](std::size_t i) {
        const std::size_t position = left.pictures[i];
        const Picture& picture = (*run.pictures)[position];
        std::string content;
        Result result = supervision ? supervision->Watch(position,
                                                         picture.path.string(),
                                                         [&](Supervision::Watched& watched) {
                                                           content = ContentOfFile(picture.path);
                                                           watched.SetContent(content);
                                                           return work_or_error(picture);
                                                         })
                                    : work_or_error(picture);
        JournalEntry entry;
        entry.content = std::move(content);
        if (result.error.empty()) {
          entry.text = std::move(result.json);
        } else {
          entry.kind = JournalEntry::Kind::kFailed;
          entry.text = result.error;
        }
        if (journal != nullptr) journal->Append(position, entry);
        return std::pair(std::move(result), std::move(entry));
      },
      [&](std::size_t i, std::pair<Result, JournalEntry> done) {
        if (done.first.error.empty()) {
          finish(std::move(done.first));
        } else {
          progress.Say("skipped: " + done.first.error);
        }
        left.entries.insert_or_assign(
            left.pictures[i],
            journal != nullptr ? WithoutText(done.second) : std::move(done.second));
        progress.Advance();
      });
  if (journal != nullptr && !StopAsked()) ReadTexts(*journal, left.entries);
  return std::move(left.entries);
}

// Those of `entries` that have no result.
std::size_t CountFailed(const JournalEntries& entries);

// Says on stderr that this many of all pictures have no result. Returns the exit status.
ExitStatus StatusOf(std::size_t failed, std::size_t pictures);

// What a shard says on stderr when all its pictures are done.
void SayShardDone(const Journal& journal, const PictureRun& run);

}  // namespace deeper::tools
