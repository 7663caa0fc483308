#include "core/files/directory_sync.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "core/error.h"

namespace deeper {

void SyncDirectory(const std::filesystem::path& directory, const std::filesystem::path& target) {
  const auto fail = [&](const std::string& what, int code) {
    throw WriteError(target.string() + ": " + what + ": " + std::generic_category().message(code));
  };
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    if (errno == EACCES || errno == EPERM) return;
    fail("cannot open its directory", errno);
  }
  const int code = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  if (code != 0 && !SaysThatItCannotSync(code)) {
    fail("cannot write its directory to the disk", code);
  }
}

bool SaysThatItCannotSync(int code) {
  return code == EINVAL || code == ENOSYS || code == EOPNOTSUPP || code == ENOTTY || code == EBADF;
}

}  // namespace deeper
