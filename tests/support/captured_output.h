#pragma once

#include <cstdio>
#include <filesystem>
#include <string>

#include "tests/support/temporary_directory.h"

namespace deeper::test {

// Takes what is written to stdout, by whatever means, from its making to Text() or its end. One at
// a time.
class CapturedOutput {
 public:
  CapturedOutput();
  CapturedOutput(const CapturedOutput&) = delete;
  CapturedOutput& operator=(const CapturedOutput&) = delete;
  ~CapturedOutput();

  // What was written; stdout is itself again.
  std::string Text();

 private:
  void Restore();

  TemporaryDirectory directory_;
  std::filesystem::path file_;
  int stdout_ = -1;  // a copy of its descriptor while it is taken
};

}  // namespace deeper::test
