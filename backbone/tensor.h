#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace deeper {

// Sizes of a 4-dimensional array. Convolution weights are (out, in, kernel height, kernel width).
struct Shape {
  std::size_t n = 0;
  std::size_t c = 0;
  std::size_t h = 0;
  std::size_t w = 0;

  constexpr std::size_t Count() const { return n * c * h * w; }
  bool operator==(const Shape&) const = default;
};

// f32 values in NCHW order, dense, owned. data.size() == shape.Count().
struct Tensor {
  Shape shape;
  std::vector<float> data;

  bool operator==(const Tensor&) const = default;
};

// f32 values in NCHW order, dense, borrowed.
struct TensorView {
  Shape shape;
  std::span<const float> data;

  TensorView() = default;
  TensorView(Shape view_shape, std::span<const float> values) : shape(view_shape), data(values) {}
  TensorView(const Tensor& tensor)  // NOLINT(google-explicit-constructor): a tensor is its own view
      : shape(tensor.shape), data(tensor.data) {}
};

// f32 values in NCHW order, dense, borrowed, to be written.
struct MutableTensorView {
  Shape shape;
  std::span<float> data;

  MutableTensorView() = default;
  MutableTensorView(Shape view_shape, std::span<float> values) : shape(view_shape), data(values) {}
  MutableTensorView(Tensor& tensor)  // NOLINT(google-explicit-constructor)
      : shape(tensor.shape), data(tensor.data) {}
};

// A tensor of this shape, filled with zeros.
inline Tensor MakeTensor(Shape shape) {
  return {.shape = shape, .data = std::vector<float>(shape.Count())};
}

}  // namespace deeper
