#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "core/box.h"
#include "core/dataset.h"
#include "core/image.h"
#include "proposals/selective_search.h"

namespace deeper::tools {

// Decoded pictures of a data set, kept in memory as far as they fit, so that crops of them can be
// drawn in any order. Safe from several threads.
class PictureStore {
 public:
  // max_bytes: of decoded pictures; those beyond it are decoded each time. `dataset` must outlive
  // this.
  PictureStore(const Dataset& dataset, std::uint64_t max_bytes);

  // Throws Error when it cannot be read.
  std::shared_ptr<const Image> Get(std::size_t i) const;

 private:
  const Dataset* dataset_;
  std::uint64_t max_bytes_;
  mutable std::mutex mutex_;
  mutable std::uint64_t bytes_ = 0;
  mutable std::vector<std::shared_ptr<const Image>> pictures_;
};

// The boxes that Selective Search proposes for each picture of a data set; none for a picture that
// cannot be read, which is reported on stderr. They are kept in the directory `cache`, where a
// stopped run goes on. When StopAsked(), the result is incomplete.
std::vector<std::vector<Box>> ProposalsOf(const Dataset& dataset,
                                          const SelectiveSearchOptions& options,
                                          const std::filesystem::path& cache,
                                          int workers);

}  // namespace deeper::tools
