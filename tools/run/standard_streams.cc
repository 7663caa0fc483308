#include "tools/run/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace deeper::tools {

namespace {

// The message reaches the terminal or file, or nobody.
ssize_t WriteMessage(void* /*cookie*/, const char* bytes, std::size_t count) {
  [[maybe_unused]] const ssize_t said = write(STDERR_FILENO, bytes, count);
  return static_cast<ssize_t>(count);
}

}  // namespace

void PrepareStandardStreams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest free number is this one. What is printed to it fails, as it would have.
    const int mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (open("/dev/null", mode) != fd) return;
  }
  cookie_io_functions_t functions{};
  functions.write = WriteMessage;
  if (FILE* messages = fopencookie(nullptr, "w", functions)) {
    std::setvbuf(messages, nullptr, _IONBF, 0);
    stderr = messages;
  }
}

std::optional<std::string> FinishStandardOutput() {
  const bool had_failed = std::ferror(stdout) != 0;
  errno = 0;
  const bool is_closed = std::fclose(stdout) == 0;
  const int code = errno;
  if (is_closed && !had_failed) return std::nullopt;
  return "standard output: cannot write all that was printed" +
         (code == 0 ? std::string() : ": " + std::generic_category().message(code));
}

}  // namespace deeper::tools
