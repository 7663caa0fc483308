#include "core/files/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/files/directory_sync.h"
#include "core/files/temporary_files.h"
#include "core/files/unfinished_files.h"
#include "core/text/plain_text.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

// "<path>: <what>: <why the system call failed>".
std::string SystemMessage(const fs::path& path, const std::string& what, int code) {
  return path.string() + ": " + what + ": " + std::generic_category().message(code);
}

[[noreturn]] void ThrowReadError(const fs::path& path, const std::string& what, int code) {
  throw Error(SystemMessage(path, what, code));
}

[[noreturn]] void ThrowWriteError(const fs::path& path, const std::string& what, int code) {
  throw WriteError(SystemMessage(path, what, code));
}

// An open file, closed when this is destroyed.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (IsOpen()) close(fd_);
  }

  bool IsOpen() const { return fd_ >= 0; }
  int get() const { return fd_; }
  // Closes now; false when the system reports a late write error.
  bool Close() { return close(Release()) == 0; }
  // Hands the open file over to the caller, who closes it.
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// Opens without waiting for the other end of a FIFO.
int OpenForReading(const fs::path& path) {
  if (path.empty()) {
    throw Error(
        "no file is named, expected a path; where a data set does not say where its pictures are, "
        "name their directory in --data");
  }
  const int fd = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) ThrowReadError(path, "cannot open", errno);
  return fd;
}

// Size of an open file in bytes. Refuses anything but a regular file.
std::uintmax_t SizeOfRegularFile(int fd, const fs::path& path) {
  struct stat status {};
  if (fstat(fd, &status) != 0) ThrowReadError(path, "cannot examine", errno);
  if (S_ISDIR(status.st_mode)) throw Error(path.string() + ": is a directory, expected a file");
  if (!S_ISREG(status.st_mode)) throw Error(path.string() + ": is not a regular file");
  return static_cast<std::uintmax_t>(status.st_size);
}

// Reads the whole file into a std::vector<std::uint8_t> or std::string.
template <typename Bytes>
Bytes Read(const fs::path& path, std::uintmax_t max_bytes) {
  const InputFile file(path);
  if (file.size() > max_bytes) {
    throw Error(path.string() + ": has " + std::to_string(file.size()) +
                " bytes, expected at most " + std::to_string(max_bytes));
  }
  Bytes bytes;
  bytes.resize(static_cast<std::size_t>(file.size()));
  file.ReadAt(0, std::span(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()));
  return bytes;
}

// A file with a name that no other file has, in the directory of `target`. It is removed unless it
// was renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& target) : target_(target), file_(Create()) {}

  void Write(std::span<const std::uint8_t> content) {
    while (!content.empty()) {
      const ssize_t count = write(file_.get(), content.data(), content.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) ThrowWriteError(target_, "cannot write", errno);
      content = content.subspan(static_cast<std::size_t>(count));
    }
    if (fsync(file_.get()) != 0) ThrowWriteError(target_, "cannot write to the disk", errno);
    if (!file_.Close()) ThrowWriteError(target_, "cannot close", errno);
  }

  void RenameToTarget() {
    if (!unfinished_->RenameTo(target_)) {
      ThrowWriteError(target_, "cannot rename a finished temporary file to this name", errno);
    }
  }

 private:
  // A file left by a dead process with this number moves the counter on.
  int Create() {
    static std::atomic<std::uint64_t> counter = 0;
    for (;;) {
      unfinished_.emplace(target_.parent_path() / TemporaryName(counter.fetch_add(1)));
      const int fd = unfinished_->Make();
      if (fd >= 0) return fd;
      if (errno != EEXIST) {
        ThrowWriteError(target_, "cannot create a file in its directory", errno);
      }
    }
  }

  fs::path target_;
  std::optional<UnfinishedFile> unfinished_;
  Descriptor file_;
};

// Where `path` leads: the file behind a symbolic link is replaced, not the link.
fs::path TargetOf(const fs::path& path) {
  std::error_code ignored;  // what is wrong with a directory on the way shows when it is made
  fs::path target = fs::absolute(path);
  if (fs::is_symlink(target, ignored)) target = fs::weakly_canonical(target);
  const fs::file_status status = fs::status(target, ignored);
  if (fs::is_directory(status))
    throw WriteError(path.string() + ": is a directory, expected a file");
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    throw WriteError(path.string() + ": is not a regular file and cannot be replaced by one");
  }
  return target;
}

// TargetOf, in a directory that exists from now on.
fs::path TargetInDirectory(const fs::path& path) {
  fs::path target = TargetOf(path);
  std::error_code error;
  fs::create_directories(target.parent_path(), error);
  if (error) ThrowWriteError(path, "cannot make its directory", error.value());
  return target;
}

}  // namespace

InputFile::InputFile(fs::path path) : path_(std::move(path)), fd_(-1), size_(0) {
  Descriptor file(OpenForReading(path_));
  size_ = SizeOfRegularFile(file.get(), path_);
  fd_ = file.Release();
}

InputFile::~InputFile() { close(fd_); }

void InputFile::ReadAt(std::uintmax_t offset, std::span<std::uint8_t> bytes) const {
  Expects(offset <= size_ && bytes.size() <= size_ - offset, "what is read lies in the file");
  while (!bytes.empty()) {
    const ssize_t count = pread(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) ThrowReadError(path_, "cannot read", errno);
    if (count == 0) throw Error(path_.string() + ": became shorter while it was read");
    offset += static_cast<std::uintmax_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

std::vector<std::uint8_t> ReadFile(const fs::path& path, std::uintmax_t max_bytes) {
  return Read<std::vector<std::uint8_t>>(path, max_bytes);
}

std::string ReadTextFile(const fs::path& path, std::uintmax_t max_bytes) {
  return Read<std::string>(path, max_bytes);
}

std::string ReadPlainText(const fs::path& path, std::uintmax_t max_bytes) {
  return PlainText(ReadTextFile(path, max_bytes), path.string());
}

std::vector<std::string_view> SplitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, length);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return lines;
}

std::vector<std::string_view> SplitFields(std::string_view line) {
  constexpr std::string_view kBlanks = " \t";
  std::vector<std::string_view> fields;
  for (std::size_t begin = line.find_first_not_of(kBlanks); begin != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, begin), line.size());
    fields.push_back(line.substr(begin, end - begin));
    begin = line.find_first_not_of(kBlanks, end);
  }
  return fields;
}

void WriteFileWhole(const fs::path& path, std::span<const std::uint8_t> content) {
  const fs::path target = TargetInDirectory(path);
  TemporaryFile temporary(target);
  temporary.Write(content);
  temporary.RenameToTarget();
  SyncDirectory(target.parent_path(), target);
}

void WriteFileWhole(const fs::path& path, std::string_view content) {
  // Text is read as bytes: the aliasing rules allow reading char as unsigned char.
  WriteFileWhole(path,
                 std::span(reinterpret_cast<const std::uint8_t*>(content.data()), content.size()));
}

void RequireWritable(const fs::path& path) { const TemporaryFile probe(TargetInDirectory(path)); }

}  // namespace deeper
