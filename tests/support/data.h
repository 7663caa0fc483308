#pragma once

#include <filesystem>
#include <optional>

namespace deeper::test {

// The directory of real weights, pictures and reference outputs: $DEEPER_DATA, else ../shared/data
// beside the project. Nothing when it is absent. A test that needs it begins with
// DEEPER_REQUIRE_DATA.
std::optional<std::filesystem::path> DataDirectory();

}  // namespace deeper::test

// Declares `name` as the data directory. If there is none, says "skipped: needs ..." (which CTest
// counts) and leaves the test case.
// NOLINTBEGIN(bugprone-macro-parentheses): a declared name takes none
#define DEEPER_REQUIRE_DATA(name)                               \
  const auto name##_or_none = deeper::test::DataDirectory();    \
  if (!name##_or_none) {                                        \
    WARN("skipped: needs the data directory; set DEEPER_DATA"); \
    return;                                                     \
  }                                                             \
  const std::filesystem::path& name = *name##_or_none
// NOLINTEND(bugprone-macro-parentheses)
