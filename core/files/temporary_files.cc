#include "core/files/temporary_files.h"

#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <limits>
#include <optional>
#include <string>
#include <system_error>

#include "core/text/parse.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

// The process that made the temporary file with this name; nothing for other files.
std::optional<pid_t> MakerOf(const std::string& name) {
  if (!name.starts_with(kTemporaryPrefix) || !name.ends_with(kTemporarySuffix)) return std::nullopt;
  const std::string numbers = name.substr(kTemporaryPrefix.size());
  const auto process = ParseInt(numbers.substr(0, numbers.find('-')));
  if (!process || *process <= 0 || *process > std::numeric_limits<pid_t>::max())
    return std::nullopt;
  return static_cast<pid_t>(*process);
}

}  // namespace

void RemoveAbandonedTemporaries(const fs::path& directory) {
  std::error_code error;
  for (fs::directory_iterator entry(directory, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::optional<pid_t> maker = MakerOf(entry->path().filename().string());
    if (!maker) continue;
    const bool is_gone = *maker == getpid() || (kill(*maker, 0) != 0 && errno == ESRCH);
    if (is_gone) unlink(entry->path().c_str());
  }
}

}  // namespace deeper
