#include "core/text/quantities.h"

#include "tests/support/catch.h"

namespace deeper {
namespace {

TEST_CASE("durations are written as people read them") {
  CHECK(DurationText(0.4) == "0 s");
  CHECK(DurationText(59.4) == "59 s");
  CHECK(DurationText(127) == "2:07");
  CHECK(DurationText(5025) == "1:23:45");
}

TEST_CASE("slow work is told by the time that one takes") {
  CHECK(RateText(12.34) == "12.3/s");
  CHECK(RateText(1) == "1/s");
  CHECK(RateText(0.00787) == "2:07 each");
}

TEST_CASE("sizes are written in powers of a thousand") {
  CHECK(BytesText(12'000) == "12 kB");
  CHECK(BytesText(310e6) == "310 MB");
  CHECK(BytesText(1.44e9) == "1.4 GB");
}

TEST_CASE("one of a kind is counted in the singular") {
  CHECK(Counted(0, "pictures") == "0 pictures");
  CHECK(Counted(1, "pictures") == "1 picture");
  CHECK(Counted(1, "boxes") == "1 box");
  CHECK(Counted(1, "classes") == "1 class");
  CHECK(Counted(2, "classes") == "2 classes");
}

}  // namespace
}  // namespace deeper
