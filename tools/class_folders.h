#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/dataset.h"

namespace deeper::tools {

// The pictures of a directory that has a folder for each class, named like it: DIR/cat/1.jpg.
// Classes and pictures are sorted by name; a picture's annotation is its class, with an empty box;
// its id is "cat/1". Throws Error when there are no two classes with pictures.
Dataset ReadClassFolders(const std::filesystem::path& directory);

// Draws batches of `count` things such that each comes once an epoch, in another order every time.
// A batch is a function of the seed and its number. Not for several threads.
class EpochSampler {
 public:
  // Expects count > 0 and batch > 0.
  EpochSampler(std::size_t count, std::size_t batch, std::uint64_t seed);

  std::vector<std::size_t> Batch(std::uint64_t number);

 private:
  std::size_t InOrder(std::uint64_t drawn);

  std::size_t count_;
  std::size_t batch_;
  std::uint64_t seed_;
  std::uint64_t epoch_ = 0;         // of order_
  std::vector<std::size_t> order_;  // empty before the first draw
};

}  // namespace deeper::tools
