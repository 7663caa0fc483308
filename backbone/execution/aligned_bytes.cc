#include "backbone/execution/aligned_bytes.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "backbone/execution/activation_plan.h"

namespace deeper {

AlignedBytes::AlignedBytes(std::size_t size) : size_(size) {
  const std::size_t whole_lines =
      (size + kActivationAlignment) / kActivationAlignment * kActivationAlignment;
  data_.reset(static_cast<std::byte*>(std::aligned_alloc(kActivationAlignment, whole_lines)));
  if (data_ == nullptr) throw std::bad_alloc();
  std::memset(data_.get(), 0, whole_lines);
}

void AlignedBytes::Free::operator()(std::byte* data) const { std::free(data); }

}  // namespace deeper
