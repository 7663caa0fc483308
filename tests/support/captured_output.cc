#include "tests/support/captured_output.h"

#include <fcntl.h>
#include <unistd.h>

#include "core/files/file.h"

namespace deeper::test {

CapturedOutput::CapturedOutput() : file_(directory_ / "stdout") {
  std::fflush(stdout);
  stdout_ = dup(STDOUT_FILENO);
  const int file = open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  dup2(file, STDOUT_FILENO);
  close(file);
}

CapturedOutput::~CapturedOutput() { Restore(); }

std::string CapturedOutput::Text() {
  Restore();
  return ReadTextFile(file_);
}

void CapturedOutput::Restore() {
  if (stdout_ < 0) return;
  std::fflush(stdout);
  dup2(stdout_, STDOUT_FILENO);
  close(stdout_);
  stdout_ = -1;
}

}  // namespace deeper::test
