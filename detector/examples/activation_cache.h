#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace deeper {

// Outputs of the frozen part of a network, kept on disk: a file of places of one size, of which
// those that were never written take no space. Each place holds a hash of its content, so that one
// that was half written when the program was killed counts as not there. Safe from several threads,
// and an output computed twice is written twice the same.
class ActivationCache {
 public:
  // Opens or begins `directory`. recipe: what the activations depend on, as text; the order of the
  // places included. Throws Error showing both when the directory was made with another recipe.
  ActivationCache(const std::filesystem::path& directory,
                  const std::string& recipe,
                  std::size_t bytes);
  ActivationCache(const ActivationCache&) = delete;
  ActivationCache& operator=(const ActivationCache&) = delete;
  ~ActivationCache();

  // Fills `activation`, of the cache's size, from this place; false when nothing is there.
  bool Get(std::uint64_t place, std::span<std::byte> activation) const;
  // Throws Error when the disk is full or fails.
  void Put(std::uint64_t place, std::span<const std::byte> activation) const;

  // Bytes on disk of an activation of this size.
  static std::uintmax_t BytesFor(std::size_t bytes) { return bytes + sizeof(std::uint64_t); }

 private:
  std::filesystem::path path_;
  std::size_t bytes_;
  int fd_ = -1;
};

}  // namespace deeper
