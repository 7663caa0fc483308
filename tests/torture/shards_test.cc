// The same bytes for any number of shards and workers and any order of the inputs.

#include <fmt/format.h>

#include <algorithm>

#include "core/files/file.h"
#include "core/files/sha256.h"
#include "core/random.h"
#include "tests/support/catch.h"
#include "tests/torture/program.h"
#include "tests/torture/small_detector.h"
#include "tools/options/exit_status.h"
#include "tools/verbs/verbs.h"

namespace deeper::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> Shuffled(const fs::path& directory, std::uint64_t seed) {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(directory))
    files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  Random random(seed);
  for (std::size_t i = files.size(); i > 1; --i) std::swap(files[i - 1], files[random.Below(i)]);
  return files;
}

std::string HashOf(const fs::path& output) {
  Sha256 hash;
  for (const auto& [name, content] : FilesBelow(output)) {
    if (name.find("journal") == std::string::npos) hash.Update(name + "\n" + content);
  }
  return hash.HexDigest();
}

template <typename Run>
void CheckOneHash(const SmallDetector& detector,
                  const std::vector<std::size_t>& shard_counts,
                  const Run& run) {
  std::string expected;
  std::size_t runs = 0;
  for (const std::size_t shards : shard_counts) {
    for (const std::size_t workers : {1U, 2U, 4U}) {
      CAPTURE(shards, workers);
      const fs::path output = detector / fmt::format("found-{}-{}", shards, workers);
      for (std::size_t shard = shards; shard >= 1; --shard) {
        const std::vector<std::string> pictures = Shuffled(detector.pictures, ++runs);
        REQUIRE(run(pictures, output, shard, shards, workers) == tools::kDone);
      }
      if (shards > 1) {
        REQUIRE(tools::RunMerge({output.string()}) == tools::kDone);
      }
      const std::string hash = HashOf(output);
      if (expected.empty()) expected = hash;
      CHECK(hash == expected);
      fs::remove_all(output);
    }
  }
  fmt::print("{} shard runs, one hash\n", runs);
}

TEST_CASE("detections are the same bytes for any shards, workers and order of the inputs") {
  const SmallDetector detector(20, 2);
  CheckOneHash(
      detector,
      Times(0, 1) == 0 ? std::vector<std::size_t>{1, 2, 7} : std::vector<std::size_t>{1, 2, 7, 64},
      [&](const std::vector<std::string>& pictures,
          const fs::path& output,
          std::size_t shard,
          std::size_t shards,
          std::size_t workers) {
        std::vector<std::string> words = {"--model",
                                          detector.model.string(),
                                          "--precision",
                                          "f32",
                                          "--format",
                                          "jsonl,coco,voc,ilsvrc",
                                          "--output",
                                          output.string(),
                                          "--workers",
                                          std::to_string(workers),
                                          "--shard",
                                          fmt::format("{}/{}", shard, shards)};
        words.insert(words.end(), pictures.begin(), pictures.end());
        return tools::RunDetect(words);
      });
}

TEST_CASE("proposals are the same bytes for any shards, workers and order of the inputs") {
  const SmallDetector detector(40);
  CheckOneHash(detector,
               {1, 2, 7, 64},
               [&](const std::vector<std::string>& pictures,
                   const fs::path& output,
                   std::size_t shard,
                   std::size_t shards,
                   std::size_t workers) {
                 std::vector<std::string> words = {"--output",
                                                   (output / "boxes.jsonl").string(),
                                                   "--workers",
                                                   std::to_string(workers),
                                                   "--shard",
                                                   fmt::format("{}/{}", shard, shards)};
                 words.insert(words.end(), pictures.begin(), pictures.end());
                 return tools::RunPropose(words);
               });
}

}  // namespace
}  // namespace deeper::test
