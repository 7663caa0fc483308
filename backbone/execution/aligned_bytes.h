#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace deeper {

// Zeroed bytes that begin on a cache line.
class AlignedBytes {
 public:
  explicit AlignedBytes(std::size_t size);
  std::span<std::byte> bytes() { return {data_.get(), size_}; }
  std::span<const std::byte> bytes() const { return {data_.get(), size_}; }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* data) const;
  };
  std::unique_ptr<std::byte[], Free> data_;
  std::size_t size_ = 0;
};

}  // namespace deeper
