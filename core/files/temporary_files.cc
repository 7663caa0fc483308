#include "core/files/temporary_files.h"

#include <fmt/format.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "core/random.h"
#include "core/text/parse.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".tmp";

// The first line of a small file of the system; "" where it cannot be read.
std::string LineIn(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// What the names of this machine's files begin with.
const std::string& Prefix() {
  static const std::string prefix = [] {
    std::error_code ignored;
    const std::string machine = LineIn("/proc/sys/kernel/hostname") + "\n" +
                                LineIn("/etc/machine-id") + "\n" +
                                fs::read_symlink("/proc/self/ns/pid", ignored).string();
    return fmt::format(".deeper-{:08x}-", static_cast<std::uint32_t>(Fnv1a(machine)));
  }();
  return prefix;
}

// The process here that made the temporary file with this name; nothing for other files.
std::optional<pid_t> MakerOf(const std::string& name) {
  if (!name.starts_with(Prefix()) || !name.ends_with(kSuffix)) return std::nullopt;
  const std::string numbers = name.substr(Prefix().size());
  const auto process = ParseInt(numbers.substr(0, numbers.find('-')));
  if (!process || *process <= 0 || *process > std::numeric_limits<pid_t>::max())
    return std::nullopt;
  return static_cast<pid_t>(*process);
}

}  // namespace

std::string TemporaryName(std::uint64_t counter) {
  return fmt::format("{}{}-{}{}", Prefix(), getpid(), counter, kSuffix);
}

bool IsTemporary(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with(".deeper-") && name.ends_with(kSuffix);
}

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

void RemoveAbandonedTemporariesBelow(const fs::path& directory) {
  RemoveAbandonedTemporaries(directory);
  std::error_code error;
  for (fs::recursive_directory_iterator entry(directory, error);
       !error && entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    if (entry->is_directory()) RemoveAbandonedTemporaries(entry->path());
  }
}

}  // namespace deeper
