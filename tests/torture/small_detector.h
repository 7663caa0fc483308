#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.h"

namespace deeper::test {

inline constexpr int kSmallSide = 48;  // pixels

// Writes `count` pictures of 48x48 pixels, each with rectangles of its own: "p000.jpg", ...
void WriteSmallPictures(const std::filesystem::path& directory, std::size_t count);

// What its network reads.
enum class SmallKind { kCrops, kWholePictures };

// Writes "small.safetensors" and "pictures" into a directory, like SmallDetector.
void WriteSmallDetector(const std::filesystem::path& directory,
                        std::size_t pictures,
                        int proposals,
                        SmallKind kind = SmallKind::kCrops);

// A detector of two classes that takes few proposals, and pictures for it. Its network has random
// weights. What it finds means nothing, but is always the same.
struct SmallDetector {
  explicit SmallDetector(std::size_t pictures,
                         int proposals = 2,
                         SmallKind kind = SmallKind::kCrops);

  TemporaryDirectory directory;
  std::filesystem::path pictures;  // the directory of pictures
  std::filesystem::path model;     // the detector, with its network inside

  // Words of 'deeper detect' over the pictures, f32, results in `output`; then `more`.
  std::vector<std::string> Detect(const std::filesystem::path& output,
                                  const std::vector<std::string>& more = {}) const;
  std::filesystem::path operator/(const std::string& name) const { return directory / name; }
};

// The content of all files below a directory by their relative paths.
std::map<std::string, std::string> FilesBelow(const std::filesystem::path& directory);

}  // namespace deeper::test
