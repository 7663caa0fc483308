#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "tests/fuzz/fuzz_target.h"

namespace deeper::fuzz {

MemoryFile::MemoryFile(std::span<const std::uint8_t> content)
    : fd_(memfd_create("input", MFD_CLOEXEC)) {
  if (fd_ < 0) throw std::runtime_error("cannot make a file in memory");
  while (!content.empty()) {
    const ssize_t count = write(fd_, content.data(), content.size());
    if (count < 0) throw std::runtime_error("cannot write a file in memory");
    content = content.subspan(static_cast<std::size_t>(count));
  }
}

MemoryFile::~MemoryFile() { close(fd_); }

std::filesystem::path MemoryFile::path() const { return "/proc/self/fd/" + std::to_string(fd_); }

}  // namespace deeper::fuzz
