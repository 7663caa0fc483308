#pragma once

#include <cstdint>
#include <string_view>

namespace deeper {

// A 64-bit generator (SplitMix64, Steele et al. 2014) whose sequence is the same on every platform,
// unlike the distributions of <random>. Copying copies the state.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }
  // Uniform in [0, 1), 53 bits.
  double Uniform() { return static_cast<double>(Next() >> 11U) * 0x1.0p-53; }
  // Uniform in [0, bound) by multiplication; the bias is below bound / 2^64. Expects bound > 0.
  std::uint64_t Below(std::uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((Wide{Next()} * bound) >> 64U);
  }

 private:
  std::uint64_t state_;
};

// FNV-1a of the bytes, to seed a generator from a name or from pixels.
std::uint64_t Fnv1a(std::string_view bytes);

}  // namespace deeper
