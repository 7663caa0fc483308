#pragma once

namespace deeper::tools {

// Exit statuses of the program, as its --help states them.
enum ExitStatus : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kSomeInputsFailed = 3,
  kTargetMissed = 4,
  kInternalError = 70,
  kInterrupted = 130,
  kTerminated = 143,
};

}  // namespace deeper::tools
