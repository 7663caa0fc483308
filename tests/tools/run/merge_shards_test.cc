#include "tools/run/merge_shards.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/picture_files.h"
#include "core/results_version.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper::tools {
namespace {

std::vector<Picture> Pictures() {
  std::vector<Picture> pictures;
  for (int i = 0; i < 20; ++i) pictures.push_back({.path = {}, .id = fmt::format("p{:02}", i)});
  return pictures;
}

// Shard `index` of 3, finished except for one picture if `unfinished`.
ShardFile ShardOf3(std::size_t index, bool unfinished = false) {
  const Shard shard{.index = index, .count = 3};
  ShardFile file{.source = fmt::format("journal-{}-of-3.jsonl", index), .content = {}};
  file.content.run = RecordOf("detect", "options\n", Pictures(), shard, "");
  for (const std::size_t i : PicturesOfShard(Pictures(), shard)) {
    file.content.entries[i] = {.kind = JournalEntry::Kind::kDone, .text = fmt::format("{{{}}}", i)};
  }
  if (unfinished) file.content.entries.erase(file.content.entries.begin());
  return file;
}

TEST_CASE("three shards in any order give every picture in its place") {
  const MergedShards merged = MergeShards({ShardOf3(2), ShardOf3(3), ShardOf3(1)});
  REQUIRE(merged.entries.size() == 20);
  for (const auto& [position, entry] : merged.entries)
    CHECK(entry.text == fmt::format("{{{}}}", position));
}

TEST_CASE("a missing shard and an unfinished one are named") {
  CHECK_THROWS_WITH(MergeShards({ShardOf3(1), ShardOf3(3, true)}),
                    Catch::Contains("shard 2/3 is missing") && Catch::Contains("shard 3/3 has") &&
                        Catch::Contains("journal-3-of-3.jsonl"));
}

TEST_CASE("the same shard twice is refused") {
  ShardFile copy = ShardOf3(2);
  copy.source = "copy.jsonl";
  CHECK_THROWS_WITH(MergeShards({ShardOf3(1), ShardOf3(2), copy, ShardOf3(3)}),
                    Catch::Contains("journal-2-of-3.jsonl") && Catch::Contains("copy.jsonl") &&
                        Catch::Contains("both shard 2/3"));
}

TEST_CASE("a picture in two shards is refused") {
  ShardFile greedy = ShardOf3(1);
  const auto foreign = *ShardOf3(2).content.entries.begin();
  greedy.content.entries.erase(greedy.content.entries.begin());
  greedy.content.entries.insert(foreign);
  CHECK_THROWS_WITH(MergeShards({greedy, ShardOf3(2), ShardOf3(3)}),
                    Catch::Contains("is in both") && Catch::Contains("journal-2-of-3.jsonl"));
}

TEST_CASE("shards of different runs are refused, naming what differs") {
  const auto refused = [](const auto& change, const std::string& named) {
    ShardFile other = ShardOf3(2);
    change(other.content.run);
    CHECK_THROWS_WITH(MergeShards({ShardOf3(1), other, ShardOf3(3)}),
                      Catch::Contains("is no part of the run of") && Catch::Contains(named));
  };
  refused([](RunRecord& run) { run.configuration = "model abc\n"; }, "now abc");
  refused([](RunRecord& run) { run.verb = "propose"; }, "now propose");
  refused([](RunRecord& run) { run.pictures = "other"; }, "picture_names");
  refused([](RunRecord& run) { run.shard.count = 4; }, "parts 3, now 4");
}

TEST_CASE("a directory gives its shards' journals and nothing else") {
  const test::TemporaryDirectory directory;
  for (const char* name : {"journal-1-of-2.jsonl",
                           "boxes.jsonl.journal-2-of-2.jsonl",
                           "journal.jsonl",
                           "journal-3-of-2.jsonl",
                           "journal-x-of-2.jsonl",
                           "detections.jsonl"}) {
    WriteFileWhole(directory / name, "x");
  }
  CHECK(JournalsOf({directory.path().string()}) ==
        std::vector<std::filesystem::path>{directory / "boxes.jsonl.journal-2-of-2.jsonl",
                                           directory / "journal-1-of-2.jsonl"});
  const test::TemporaryDirectory empty;
  CHECK_THROWS_WITH(JournalsOf({empty.path().string()}), Catch::Contains("found none"));
}

TEST_CASE("shards of two versions of the program are refused") {
  ShardFile older = ShardOf3(2);
  std::string& configuration = older.content.run.configuration;
  const std::size_t version = configuration.find(kResultsVersionLine);
  REQUIRE(version != std::string::npos);
  configuration.replace(version, kResultsVersionLine.size(), "results of version 0\n");
  CHECK_THROWS_WITH(MergeShards({ShardOf3(1), older, ShardOf3(3)}),
                    Catch::Contains("journal-2-of-3.jsonl") && Catch::Contains("of version 0"));
}

}  // namespace
}  // namespace deeper::tools
