#include "core/files/append_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMostBytes = std::uintmax_t{64} << 30U;

[[noreturn]] void ThrowWriteError(const fs::path& path, const std::string& what, int code) {
  throw WriteError(path.string() + ": " + what + ": " + std::generic_category().message(code));
}

int OpenToAppend(const fs::path& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0666);
  if (fd < 0) ThrowWriteError(path, "cannot be opened to append", errno);
  return fd;
}

// Whether the open file still has this name: its last owner may have removed the name between our
// opening and our locking.
bool IsFileOfName(int fd, const fs::path& path) {
  struct stat opened {};
  struct stat named {};
  return fstat(fd, &opened) == 0 && stat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

// Opens and locks; throws with the file closed.
int OpenAlone(const fs::path& path) {
  for (;;) {
    const int fd = OpenToAppend(path);
    struct stat status {};
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
      close(fd);
      throw Error(path.string() + ": is not a regular file");
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      close(fd);
      throw Error(path.string() +
                  ": another process is at work on it; wait for its end or stop it");
    }
    if (IsFileOfName(fd, path)) return fd;
    close(fd);
  }
}

}  // namespace

AppendFile::AppendFile(fs::path path) : path_(std::move(path)), fd_(-1) {
  const fs::path directory = fs::absolute(path_).parent_path();
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) ThrowWriteError(path_, "cannot make its directory", error.value());
  fd_ = OpenAlone(path_);
}

AppendFile::~AppendFile() { close(fd_); }

std::string AppendFile::Content() const { return ReadTextFile(path_, kMostBytes); }

void AppendFile::Truncate(std::uintmax_t bytes) {
  if (ftruncate(fd_, static_cast<off_t>(bytes)) != 0)
    ThrowWriteError(path_, "cannot cut off its torn end", errno);
}

void AppendFile::Append(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(fd_, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) ThrowWriteError(path_, "cannot be written", errno);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (fdatasync(fd_) != 0) ThrowWriteError(path_, "cannot be written to the disk", errno);
}

bool AppendFile::AppendFromSignalHandler(std::string_view text) const noexcept {
  return write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

void AppendFile::Remove() {
  if (unlink(path_.c_str()) != 0) ThrowWriteError(path_, "cannot be removed", errno);
}

}  // namespace deeper
