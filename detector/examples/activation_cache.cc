#include "detector/examples/activation_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "core/other_recipe.h"
#include "core/results_version.h"

namespace deeper {

namespace fs = std::filesystem;

namespace {

// FNV-1a over 64-bit words. Never 0, because an unwritten place reads as 0.
std::uint64_t HashOf(std::span<const std::byte> bytes) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (std::size_t i = 0; i < bytes.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, std::min(sizeof word, bytes.size() - i));
    hash = (hash ^ word) * 0x100000001B3ULL;
  }
  return hash == 0 ? 1 : hash;
}

off_t OffsetOf(std::uint64_t place, std::size_t bytes) {
  return static_cast<off_t>(place * ActivationCache::BytesFor(bytes));
}

}  // namespace

ActivationCache::ActivationCache(const fs::path& directory,
                                 const std::string& recipe_of_activations,
                                 std::size_t bytes)
    : path_(directory / "activations"), bytes_(bytes) {
  const std::string recipe = recipe_of_activations + std::string(kResultsVersionLine);
  const fs::path recipe_path = directory / "recipe.txt";
  if (!fs::exists(recipe_path)) {
    if (fs::exists(path_)) throw Error(recipe_path.string() + " is missing; remove the directory");
    WriteFileWhole(recipe_path, std::string_view(recipe));
  } else {
    RequireRecipe(ReadTextFile(recipe_path),
                  recipe,
                  directory.string() + ": activations were made with another recipe",
                  "Use another directory or remove this one.");
  }
  fd_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0)
    throw Error(path_.string() + ": cannot open: " + std::generic_category().message(errno));
}

ActivationCache::~ActivationCache() { close(fd_); }

bool ActivationCache::Get(std::uint64_t place, std::span<std::byte> activation) const {
  Expects(activation.size() == bytes_, "an activation of the cache's size");
  const off_t offset = OffsetOf(place, bytes_);
  std::uint64_t hash = 0;
  if (pread(fd_, &hash, sizeof hash, offset) != static_cast<ssize_t>(sizeof hash) || hash == 0)
    return false;
  const ssize_t count =
      pread(fd_, activation.data(), activation.size(), offset + static_cast<off_t>(sizeof hash));
  return count == static_cast<ssize_t>(activation.size()) && HashOf(activation) == hash;
}

void ActivationCache::Put(std::uint64_t place, std::span<const std::byte> activation) const {
  Expects(activation.size() == bytes_, "an activation of the cache's size");
  std::vector<std::byte> content(BytesFor(bytes_));
  const std::uint64_t hash = HashOf(activation);
  std::memcpy(content.data(), &hash, sizeof hash);
  std::memcpy(content.data() + sizeof hash, activation.data(), activation.size());
  const ssize_t count = pwrite(fd_, content.data(), content.size(), OffsetOf(place, bytes_));
  if (count == static_cast<ssize_t>(content.size())) return;
  throw Error(path_.string() + ": cannot write: " +
              (count < 0 ? std::generic_category().message(errno) : "the disk is full"));
}

}  // namespace deeper
