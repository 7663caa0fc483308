#include "backbone/kernels/lrn_backward.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "backbone/kernels/stored_value.h"
#include "core/error.h"

namespace deeper::kernels {

void LrnBackward(const Shape& shape,
                 const LrnParameters& parameters,
                 ElementType element,
                 std::span<const std::byte> source,
                 std::span<const std::byte> diff_destination,
                 std::span<std::byte> diff_source) {
  Expects(element == ElementType::kF32 || element == ElementType::kBf16, "f32 or bf16");
  const std::size_t bytes = shape.Count() * SizeOf(element);
  Expects(source.size() >= bytes && diff_destination.size() >= bytes && diff_source.size() >= bytes,
          "maps of the shape");
  const std::size_t channels = shape.c;
  const std::size_t reach = parameters.size / 2;
  const float scale = parameters.alpha / static_cast<float>(parameters.size);
  const float beta = parameters.beta;
  // A pixel's values with `reach` zeros on either side, so that every sum has as many terms.
  std::vector<float> squares(channels + 2 * reach);
  std::vector<float> shared(channels + 2 * reach);
  std::vector<float> x(channels);
  std::vector<float> direct(channels);
  DispatchElement(element, [&]<class Element>(Element) {
    const auto* from = ValuesOf<Element>(source);
    const auto* diff = ValuesOf<Element>(diff_destination);
    auto* to = ValuesOf<Element>(diff_source);
    for (std::size_t pixel = 0; pixel < shape.n * shape.h * shape.w; ++pixel) {
      for (std::size_t c = 0; c < channels; ++c) {
        x[c] = Element::Load(from[c], 1.0F);
        squares[reach + c] = x[c] * x[c];
      }
      for (std::size_t c = 0; c < channels; ++c) {
        float sum = 0;
        for (std::size_t near = c; near < c + parameters.size; ++near) sum += squares[near];
        const float norm = parameters.k + scale * sum;
        direct[c] = Element::Load(diff[c], 1.0F) * std::pow(norm, -beta);
        shared[reach + c] = direct[c] * x[c] / norm;
      }
      for (std::size_t c = 0; c < channels; ++c) {
        float sum = 0;
        for (std::size_t near = c; near < c + parameters.size; ++near) sum += shared[near];
        to[c] = Element::Store(direct[c] - 2 * scale * beta * x[c] * sum, 1.0F);
      }
      from += channels;
      diff += channels;
      to += channels;
    }
  });
}

}  // namespace deeper::kernels
