#include "core/files/unfinished_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace deeper {
namespace {

// The unfinished files of this process.
struct Unfinished {
  std::mutex mutex;
  std::set<const UnfinishedFile*> files;
};

// Never destroyed: threads may use it until the process ends.
Unfinished& TheUnfinished() {
  static auto* const unfinished = new Unfinished;
  return *unfinished;
}

}  // namespace

UnfinishedFile::UnfinishedFile(std::filesystem::path path) : path_(std::move(path)) {}

UnfinishedFile::~UnfinishedFile() {
  if (!is_there_) return;
  Unfinished& unfinished = TheUnfinished();
  const std::lock_guard lock(unfinished.mutex);
  unlink(path_.c_str());
  unfinished.files.erase(this);
}

int UnfinishedFile::Make() {
  Unfinished& unfinished = TheUnfinished();
  const std::lock_guard lock(unfinished.mutex);
  const int fd = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return fd;
  unfinished.files.insert(this);
  is_there_ = true;
  return fd;
}

bool UnfinishedFile::RenameTo(const std::filesystem::path& target) {
  Unfinished& unfinished = TheUnfinished();
  const std::lock_guard lock(unfinished.mutex);
  if (std::rename(path_.c_str(), target.c_str()) != 0) return false;
  unfinished.files.erase(this);
  is_there_ = false;
  return true;
}

void RemoveUnfinishedFilesAndExit(int status) {
  constexpr std::chrono::milliseconds kNap{10};
  constexpr int kNaps = 100;
  Unfinished& unfinished = TheUnfinished();
  for (int nap = 0; nap < kNaps; ++nap) {
    if (const std::unique_lock lock(unfinished.mutex, std::try_to_lock); lock.owns_lock()) {
      for (const UnfinishedFile* file : unfinished.files) unlink(file->path().c_str());
      _exit(status);
    }
    std::this_thread::sleep_for(kNap);
  }
  _exit(status);
}

}  // namespace deeper
