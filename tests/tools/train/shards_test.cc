// Training in shards: features by pictures, SVMs by classes. Joined, they give the bytes of one
// training.

#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/tools/training_ground.h"
#include "tools/options/exit_status.h"
#include "tools/options/option_errors.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

std::set<std::string> FilesIn(const fs::path& directory) {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) names.insert(entry.path().lexically_relative(directory).string());
  }
  return names;
}

struct Training : test::TrainingGround {
  // Trains "svm --box-iou 0.5 ..." into `output`.
  template <typename... Values>
  int Into(const std::string& output, std::string_view text, const Values&... values) const {
    return Train(
        "{} --output {} --max-training-boxes 3", test::Words(text, values...), Path(output));
  }
};

int MergeTwoParts(const Training& training) {
  return test::Run("merge {} {}",
                   training.Path("parts.part-1-of-2.safetensors"),
                   training.Path("parts.part-2-of-2.safetensors"));
}

TEST_CASE("features in shards of pictures and SVMs in shards of classes give the same bytes") {
  const Training training;
  REQUIRE(training.Into("whole", "svm --box-iou 0.3") == kDone);

  for (const char* shard : {"3/3", "1/3", "2/3"}) {
    CAPTURE(shard);
    REQUIRE(training.Into("parts", "features --box-iou 0.3 --shard {}", shard) == kDone);
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
    REQUIRE(training.Into("parts", "svm --box-iou 0.3 --shard {}", shard) == kDone);
  }
  CHECK_FALSE(fs::exists(training.Path("parts")));
  REQUIRE(MergeTwoParts(training) == kDone);
  CHECK(ReadFile(training.Path("parts")) == ReadFile(training.Path("whole")));

  REQUIRE(training.Into("parts", "svm --no-box-regression --shard 2/2") == kDone);
  CHECK_THROWS_WITH(MergeTwoParts(training), Catch::Contains("not parts of one training"));
}

TEST_CASE("what only all classes together give is refused in a shard") {
  const Training training;
  CHECK_THROWS_AS(training.Into("parts", "svm --shard 1/2 --holdout 0.5 --calibrate"), UsageError);
  CHECK_THROWS_AS(training.Into("parts", "svm --shard 1/2 --box-per-class"), UsageError);
  CHECK_THROWS_AS(training.Into("parts", "svm --shard 3/3"), UsageError);
  CHECK_THROWS_AS(training.Into("parts", "softmax --shard 1/2"), UsageError);
  CHECK_THROWS_AS(training.Into("parts", "features --svm-c 1"), UsageError);
}

}  // namespace
}  // namespace deeper::tools
