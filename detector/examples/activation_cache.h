#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace deeper {

// Outputs of the frozen part of a network, kept on disk: a file of places of one size. Places that
// were never written take no space. Each place holds a hash of its content, so a place that was
// half written when the program was killed counts as empty. Safe from several threads; an output
// computed twice is written twice, with the same bytes.
class ActivationCache {
 public:
  // Opens or begins `directory`. recipe: what the activations depend on, as text, with the order of
  // the places. Throws Error showing both recipes when the directory was made with another, or by a
  // program whose results are of another version (core/results_version.h).
  ActivationCache(const std::filesystem::path& directory,
                  const std::string& recipe,
                  std::size_t bytes);
  ActivationCache(const ActivationCache&) = delete;
  ActivationCache& operator=(const ActivationCache&) = delete;
  ~ActivationCache();

  // Fills `activation`, which has the cache's size, from this place. False when nothing is there.
  bool Get(std::uint64_t place, std::span<std::byte> activation) const;
  // Throws Error when the disk is full or fails.
  void Put(std::uint64_t place, std::span<const std::byte> activation) const;

  // Bytes on disk of one activation of this size.
  static std::uintmax_t BytesFor(std::size_t bytes) { return bytes + sizeof(std::uint64_t); }

 private:
  std::filesystem::path path_;
  std::size_t bytes_;
  int fd_ = -1;
};

}  // namespace deeper
