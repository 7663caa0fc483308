// A library for LD_PRELOAD that makes chosen system calls of a program fail, on files below one
// directory. What it does stands in the environment:
//   DEEPER_FAULT_DIR    files and directories below it count, others are left alone
//   DEEPER_FAULT        CALL:EFFECT:N, e.g. write:ENOSPC:3 for the third write; N+ for that and all
//                       after it. CALL: open, read, write, sync, rename, unlink, truncate, or
//                       change, which is any of the last five or an open that makes a file.
//                       EFFECT: an errno's name; short (half is written, which is no error); torn
//                       (half is written, then SIGKILL); kill (SIGKILL before the call)
//   DEEPER_FAULT_COUNTS a file that gets the number of such calls at a regular exit
//   DEEPER_FAULT_CRASH, DEEPER_FAULT_ABORT, DEEPER_FAULT_OVERFLOW, DEEPER_FAULT_HANG
//                       opening a file whose name holds this text reads address 0, calls abort(),
//                       uses up the stack, or waits for ever

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t kMostFiles = 65536;
std::array<std::atomic<bool>, kMostFiles> is_watched;  // by descriptor

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

struct Fault {
  std::string call;
  std::string effect;
  long first = 0;
  bool goes_on = false;

  Fault() {
    const std::string text = Variable("DEEPER_FAULT");
    const std::size_t one = text.find(':');
    const std::size_t two = text.rfind(':');
    if (one == std::string::npos || one == two) return;
    call = text.substr(0, one);
    effect = text.substr(one + 1, two - one - 1);
    first = std::strtol(text.c_str() + two + 1, nullptr, 10);
    goes_on = text.back() == '+';
  }
};

const Fault& TheFault() {
  static const Fault fault;
  return fault;
}

std::atomic<long> calls{0};

bool IsOfKind(std::string_view call, bool changes) {
  const Fault& fault = TheFault();
  return fault.call == call || (changes && fault.call == "change");
}

// Counts a call. Returns true if the fault is for this call.
bool IsHit(std::string_view call, bool changes) {
  if (!IsOfKind(call, changes)) return false;
  const long number = ++calls;
  const Fault& fault = TheFault();
  return number == fault.first || (fault.goes_on && number >= fault.first);
}

int ErrnoOf(const std::string& name) {
  if (name == "ENOSPC") return ENOSPC;
  if (name == "EIO") return EIO;
  if (name == "EMFILE") return EMFILE;
  if (name == "EDQUOT") return EDQUOT;
  if (name == "EINTR") return EINTR;
  return 0;
}

// Kills the process, or sets errno and returns true if the call is to fail.
bool Fails(std::string_view call, bool changes) {
  if (!IsHit(call, changes)) return false;
  if (TheFault().effect == "kill" || TheFault().effect == "torn") {
    kill(getpid(), SIGKILL);
    for (;;) pause();
  }
  errno = ErrnoOf(TheFault().effect);
  return errno != 0;
}

bool IsBelowDirectory(const char* path) {
  static const std::string directory = Variable("DEEPER_FAULT_DIR");
  return !directory.empty() && std::strncmp(path, directory.c_str(), directory.size()) == 0;
}

bool IsWatched(int fd) {
  return fd >= 0 && static_cast<std::size_t>(fd) < kMostFiles &&
         is_watched[static_cast<std::size_t>(fd)];
}

void Watch(int fd, bool watched) {
  if (fd >= 0 && static_cast<std::size_t>(fd) < kMostFiles)
    is_watched[static_cast<std::size_t>(fd)] = watched;
}

template <typename Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

bool NameHolds(const char* path, const char* variable) {
  const std::string text = Variable(variable);
  return !text.empty() && std::strstr(path, text.c_str()) != nullptr;
}

volatile int depth = 0;
volatile int* volatile nowhere = nullptr;

// Recursion that no compiler turns into a loop.
int UseUpStack(int level) {
  volatile char room[4096];
  room[0] = static_cast<char>(level);
  depth = level;
  return UseUpStack(level + 1) + room[0];
}

void BreakDown(const char* path) {
  if (NameHolds(path, "DEEPER_FAULT_CRASH")) *nowhere = 1;
  if (NameHolds(path, "DEEPER_FAULT_ABORT")) std::abort();
  if (NameHolds(path, "DEEPER_FAULT_OVERFLOW")) UseUpStack(0);
  while (NameHolds(path, "DEEPER_FAULT_HANG")) pause();
}

struct CountsAtExit {
  ~CountsAtExit() {
    const std::string path = Variable("DEEPER_FAULT_COUNTS");
    if (path.empty()) return;
    if (std::FILE* file = std::fopen(path.c_str(), "w")) {
      std::fprintf(file, "%ld\n", calls.load());
      std::fclose(file);
    }
  }
};
const CountsAtExit counts_at_exit;

int Open(const char* name, const char* path, int flags, mode_t mode) {
  using Function = int (*)(const char*, int, mode_t);
  static const auto next = Next<Function>("open");
  const bool watched = IsBelowDirectory(path);
  (void)name;
  if (watched) {
    BreakDown(path);
    if (Fails("open", (flags & O_CREAT) != 0)) return -1;
  }
  const int fd = next(path, flags, mode);
  Watch(fd, watched);
  return fd;
}

mode_t ModeOf(int flags, va_list more) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = ModeOf(flags, more);
  va_end(more);
  return Open("open", path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = ModeOf(flags, more);
  va_end(more);
  return Open("open64", path, flags, mode);
}

int close(int fd) {
  static const auto next = Next<int (*)(int)>("close");
  Watch(fd, false);
  return next(fd);
}

ssize_t write(int fd, const void* bytes, size_t count) {
  static const auto next = Next<ssize_t (*)(int, const void*, size_t)>("write");
  if (!IsWatched(fd) || !IsHit("write", true)) return next(fd, bytes, count);
  const std::string& effect = TheFault().effect;
  if (effect == "short") return next(fd, bytes, (count + 1) / 2);
  if (effect == "torn") next(fd, bytes, count / 2);
  if (effect == "torn" || effect == "kill") {
    kill(getpid(), SIGKILL);
    for (;;) pause();
  }
  errno = ErrnoOf(effect);
  return -1;
}

ssize_t pread(int fd, void* bytes, size_t count, off_t offset) {
  static const auto next = Next<ssize_t (*)(int, void*, size_t, off_t)>("pread");
  if (!IsWatched(fd) || !IsHit("read", false)) return next(fd, bytes, count, offset);
  if (TheFault().effect == "short") return next(fd, bytes, (count + 1) / 2, offset);
  errno = ErrnoOf(TheFault().effect);
  return -1;
}

int fsync(int fd) {
  static const auto next = Next<int (*)(int)>("fsync");
  return IsWatched(fd) && Fails("sync", true) ? -1 : next(fd);
}

int fdatasync(int fd) {
  static const auto next = Next<int (*)(int)>("fdatasync");
  return IsWatched(fd) && Fails("sync", true) ? -1 : next(fd);
}

int ftruncate(int fd, off_t size) noexcept {
  static const auto next = Next<int (*)(int, off_t)>("ftruncate");
  return IsWatched(fd) && Fails("truncate", true) ? -1 : next(fd, size);
}

int rename(const char* from, const char* to) noexcept {
  static const auto next = Next<int (*)(const char*, const char*)>("rename");
  return IsBelowDirectory(to) && Fails("rename", true) ? -1 : next(from, to);
}

int unlink(const char* path) noexcept {
  static const auto next = Next<int (*)(const char*)>("unlink");
  return IsBelowDirectory(path) && Fails("unlink", true) ? -1 : next(path);
}

}  // extern "C"
