#include "tools/options/option_values.h"

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "core/error.h"
#include "tests/support/catch.h"
#include "tools/options/option_errors.h"

namespace deeper::tools {
namespace {

TEST_CASE("a value that is read by its name is refused under its option") {
  CHECK(ValueOf("crop", [] { return 3; }) == 3);
  const auto refuse = []() -> int { throw Error("expected warp or square"); };
  CHECK_THROWS_WITH(ValueOf("crop", refuse), "--crop: expected warp or square");
  CHECK_THROWS_AS(ValueOf("crop", refuse), UsageError);
}

TEST_CASE("a range check refuses what lies outside, and NaN") {
  CHECK_NOTHROW(CheckRange("iou", 0.5, 0, 1));
  CHECK_THROWS_WITH(CheckRange("iou", 1.5, 0, 1), "--iou is 1.5, expected a number from 0 to 1");
  CHECK_THROWS_AS(CheckRange("iou", std::numeric_limits<double>::quiet_NaN(), 0, 1), UsageError);
}

struct Bounded {
  double picture_memory_gb = 2;
  std::size_t multibox_steps = 5;
  bool is_whole = true;

  void Validate() const {
    RequireInRange("picture_memory_gb", picture_memory_gb, 0, 8);
    RequireInRange("multibox_steps", static_cast<double>(multibox_steps), 1, 9);
    if (!is_whole) throw Error("broken");
  }
};

TEST_CASE("a field of the library's options that is out of range is refused under its option") {
  CHECK_NOTHROW(CheckOptions(Bounded{}));
  CHECK_THROWS_WITH(CheckOptions(Bounded{.picture_memory_gb = -1}),
                    "--picture-memory is -1, expected a number from 0 to 8");
  CHECK_THROWS_WITH(CheckOptions(Bounded{.multibox_steps = 10}),
                    "--multibox-steps is 10, expected a number from 1 to 9");
  CHECK_THROWS_AS(CheckOptions(Bounded{.multibox_steps = 10}), UsageError);
  CHECK_THROWS_AS(CheckOptions(Bounded{.is_whole = false}), Error);
}

TEST_CASE("a list with an empty entry is refused") {
  CHECK(SplitAtCommas("format", "a,b") == std::vector<std::string>{"a", "b"});
  CHECK_THROWS_AS(SplitAtCommas("format", "a,,b"), UsageError);
  CHECK_THROWS_AS(SplitAtCommas("format", ""), UsageError);
}

}  // namespace
}  // namespace deeper::tools
