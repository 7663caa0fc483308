#include "tools/run/journaled_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "core/error.h"
#include "core/pictures/picture_content.h"
#include "core/text/quantities.h"
#include "core/work/parallel.h"
#include "tools/options/exit_status.h"
#include "tools/options/option_values.h"

namespace deeper::tools {

namespace po = boost::program_options;

void AddPictureTimeLimit(po::options_description& group, double& limit_s) {
  // clang-format off
  group.add_options()
      ("picture-time-limit", po::value(&limit_s)->default_value(limit_s)->value_name("SECONDS"), "a picture that takes longer is given up: the program begins anew without it; 0 waits for ever");
  // clang-format on
}

void CheckPictureTimeLimit(double limit_s) { CheckRange("picture-time-limit", limit_s, 0, 1e9); }

namespace {

// Takes out the entries of pictures whose files have another content now, and says how many. One
// whose content is not known stays, without a look at its file: it may have hung on that.
void DropChanged(const PictureRun& run, JournalEntries& entries) {
  std::vector<std::pair<std::size_t, std::string>> known;  // positions and contents
  for (const auto& [position, entry] : entries) {
    if (!entry.content.empty()) known.emplace_back(position, entry.content);
  }
  std::vector<std::size_t> changed;
  ForEachInOrder<bool>(
      known.size(),
      run.workers,
      StopAsked,
      [&](std::size_t i) {
        const Picture& picture = (*run.pictures)[known[i].first];
        return ContentOfFile(picture.path) == known[i].second;
      },
      [&](std::size_t i, bool is_same) {
        if (!is_same) changed.push_back(known[i].first);
      });
  for (const std::size_t position : changed) entries.erase(position);
  if (changed.empty()) return;
  fmt::print(stderr,
             "{} changed since the stopped run, such as {}; {} done anew\n",
             Counted(changed.size(), "pictures"),
             (*run.pictures)[changed.front()].path.string(),
             changed.size() == 1 ? "it is" : "they are");
}

}  // namespace

WorkLeft WorkLeftOf(const PictureRun& run, const Journal* journal) {
  WorkLeft left;
  if (journal != nullptr) {
    if (journal->DamagedLines() > 0) {
      fmt::print(stderr,
                 "{}: {} of its lines were torn or damaged and are passed over; their pictures are "
                 "done again\n",
                 journal->path().string(),
                 journal->DamagedLines());
    }
    for (const auto& [position, entry] : journal->Entries()) {
      if (entry.kind == JournalEntry::Kind::kFailed) continue;
      const bool is_done = entry.kind == JournalEntry::Kind::kDone;
      left.entries.emplace(position, is_done ? WithoutText(entry) : entry);
    }
    DropChanged(run, left.entries);
  }
  for (const std::size_t position : PicturesOfShard(*run.pictures, run.shard)) {
    ++left.shard_pictures;
    if (!left.entries.contains(position)) left.pictures.push_back(position);
  }
  return left;
}

void ReadTexts(const Journal& journal, JournalEntries& entries) {
  JournalEntries written = journal.Entries();
  for (auto& [position, entry] : entries) {
    const auto found = written.find(position);
    if (found == written.end() || found->second.kind != entry.kind) {
      throw Error(
          fmt::format("{}: lost what was written of a picture; repeat the command to do it "
                      "again",
                      journal.path().string()));
    }
    entry = std::move(found->second);
  }
}

void SayLost(const JournalEntries& entries, ProgressLine& progress) {
  for (const auto& [position, entry] : entries) {
    if (entry.kind == JournalEntry::Kind::kLost) progress.Say("skipped: " + entry.text);
  }
}

std::string WithoutFile(const std::string& id) {
  return fmt::format("{}: the data set names no picture file; name their directory in --data", id);
}

std::size_t CountFailed(const JournalEntries& entries) {
  return static_cast<std::size_t>(
      std::count_if(entries.begin(), entries.end(), [](const auto& picture) {
        return picture.second.kind != JournalEntry::Kind::kDone;
      }));
}

ExitStatus StatusOf(std::size_t failed, std::size_t pictures) {
  if (failed == 0) return kDone;
  fmt::print(
      stderr, "{} of {} skipped, for the reasons above\n", failed, Counted(pictures, "pictures"));
  return kSomeInputsFailed;
}

void SayShardDone(const Journal& journal, const PictureRun& run) {
  fmt::print(stderr,
             "shard {} is done, in {}; when all are, 'deeper merge {}' writes the results\n",
             ShardText(run.shard),
             journal.path().string(),
             journal.path().parent_path().empty() ? "." : journal.path().parent_path().string());
}

}  // namespace deeper::tools
