#pragma once

#include <cstdio>
#include <filesystem>
#include <string>

#include "tests/support/temporary_directory.h"

namespace deeper::test {

// Captures everything written to stdout from construction until Text() or destruction. One at a
// time.
class CapturedOutput {
 public:
  CapturedOutput();
  CapturedOutput(const CapturedOutput&) = delete;
  CapturedOutput& operator=(const CapturedOutput&) = delete;
  ~CapturedOutput();

  // Returns what was written, and restores stdout.
  std::string Text();

 private:
  void Restore();

  TemporaryDirectory directory_;
  std::filesystem::path file_;
  int stdout_ = -1;  // a copy of its descriptor while it is taken
};

}  // namespace deeper::test
