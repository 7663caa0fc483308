#include "core/files/file_stamp.h"

#include <sys/stat.h>

#include <mutex>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/files/sha256.h"

namespace deeper {

std::string StampOf(const std::filesystem::path& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return "";
  return std::to_string(status.st_size) + " " + std::to_string(status.st_mtim.tv_sec) + "." +
         std::to_string(status.st_mtim.tv_nsec);
}

std::string DigestByStamp(const std::filesystem::path& path) {
  using StampAndDigest = std::pair<std::string, std::string>;
  static std::mutex mutex;
  static std::unordered_map<std::string, StampAndDigest> known;
  const std::string stamp = StampOf(path);
  if (stamp.empty()) return "";
  {
    const std::lock_guard lock(mutex);
    const auto found = known.find(path.string());
    if (found != known.end() && found->second.first == stamp) return found->second.second;
  }
  try {
    std::string digest = DigestOfFile(path);
    const std::lock_guard lock(mutex);
    known.insert_or_assign(path.string(), StampAndDigest(stamp, digest));
    return digest;
  } catch (const Error&) {
    return "";
  }
}

}  // namespace deeper
