#include "tools/serve/memory_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/error.h"

namespace deeper::tools {

MemoryFile::MemoryFile(std::string_view content) : fd_(memfd_create("picture", MFD_CLOEXEC)) {
  const auto fail = [&] {
    const std::string reason = std::generic_category().message(errno);
    if (fd_ >= 0) close(fd_);
    throw Error("a picture cannot be kept in memory: " + reason);
  };
  if (fd_ < 0) fail();
  while (!content.empty()) {
    const ssize_t written = write(fd_, content.data(), content.size());
    if (written < 0 && errno != EINTR) fail();
    if (written > 0) content.remove_prefix(static_cast<std::size_t>(written));
  }
}

MemoryFile::~MemoryFile() { close(fd_); }

std::filesystem::path MemoryFile::path() const { return "/proc/self/fd/" + std::to_string(fd_); }

std::string MemoryFile::Renamed(std::string message, const std::string& name) const {
  const std::string own = path().string();
  for (std::size_t at = 0; (at = message.find(own, at)) != std::string::npos; at += name.size()) {
    message.replace(at, own.size(), name);
  }
  return message;
}

}  // namespace deeper::tools
