#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace deeper {

// SHA-256 (FIPS 180-4) of a stream of bytes. Not for several threads at once.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();

  void Update(std::span<const std::uint8_t> bytes);
  void Update(std::string_view text);
  // The values' bytes as they lie in memory.
  void Update(std::span<const float> values);
  // 64 lower-case hexadecimal digits. Call once, last.
  std::string HexDigest();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// SHA-256 of a file's content, as HexDigest() gives it. Throws Error when it cannot be read.
std::string DigestOfFile(const std::filesystem::path& path);

}  // namespace deeper
