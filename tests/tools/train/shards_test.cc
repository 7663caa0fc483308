// Training in shards: features by pictures, SVMs by classes, joined to the bytes of one training.

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "core/error.h"
#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/tools/training_ground.h"
#include "tools/options/exit_status.h"
#include "tools/options/option_errors.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

std::set<std::string> FilesIn(const fs::path& directory) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

struct Training : test::TrainingGround {
  int Run(const std::string& what,
          const std::string& output,
          const std::vector<std::string>& more) const {
    std::vector<std::string> words = Words(what, Path(output), {"--max-training-boxes", "3"});
    words.insert(words.end(), more.begin(), more.end());
    return RunTrain(words);
  }
};

TEST_CASE("features in shards of pictures and SVMs in shards of classes give the same bytes") {
  const Training training;
  REQUIRE(training.Run("svm", "whole", {"--box-iou", "0.3"}) == kDone);

  for (const char* shard : {"3/3", "1/3", "2/3"}) {
    CAPTURE(shard);
    REQUIRE(training.Run("features", "parts", {"--box-iou", "0.3", "--shard", shard}) == kDone);
  }
  const fs::path cache = training.Path("parts.features");
  CHECK(FilesIn(cache) == FilesIn(training.Path("whole.features")));
  for (const std::string& name : FilesIn(cache)) {
    CAPTURE(name);
    CHECK(ReadFile(cache / name) == ReadFile(fs::path(training.Path("whole.features")) / name));
  }

  // Nothing is extracted again: the pictures are gone.
  fs::remove_all(training.directory / "data/JPEGImages");
  for (const char* shard : {"2/2", "1/2"}) {
    CAPTURE(shard);
    REQUIRE(training.Run("svm", "parts", {"--box-iou", "0.3", "--shard", shard}) == kDone);
  }
  CHECK_FALSE(fs::exists(training.Path("parts")));
  REQUIRE(RunMerge({training.Path("parts.part-1-of-2.safetensors"),
                    training.Path("parts.part-2-of-2.safetensors")}) == kDone);
  CHECK(ReadFile(training.Path("parts")) == ReadFile(training.Path("whole")));

  REQUIRE(training.Run("svm", "parts", {"--no-box-regression", "--shard", "2/2"}) == kDone);
  CHECK_THROWS_WITH(RunMerge({training.Path("parts.part-1-of-2.safetensors"),
                              training.Path("parts.part-2-of-2.safetensors")}),
                    Catch::Contains("not parts of one training"));
}

TEST_CASE("what only all classes together give is refused in a shard") {
  const Training training;
  CHECK_THROWS_AS(
      training.Run("svm", "parts", {"--shard", "1/2", "--holdout", "0.5", "--calibrate"}),
      UsageError);
  CHECK_THROWS_AS(training.Run("svm", "parts", {"--shard", "1/2", "--box-per-class"}), UsageError);
  CHECK_THROWS_AS(training.Run("svm", "parts", {"--shard", "3/3"}), UsageError);
  CHECK_THROWS_AS(training.Run("softmax", "parts", {"--shard", "1/2"}), UsageError);
  CHECK_THROWS_AS(training.Run("features", "parts", {"--svm-c", "1"}), UsageError);
}

}  // namespace
}  // namespace deeper::tools
