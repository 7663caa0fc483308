#include "backbone/kernels/reference.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.h"

namespace deeper::kernels {
namespace {

// The values of one channel of one picture.
std::span<const float> Plane(TensorView map, std::size_t n, std::size_t c) {
  const std::size_t pixels = map.shape.h * map.shape.w;
  return map.data.subspan((n * map.shape.c + c) * pixels, pixels);
}
std::span<float> Plane(MutableTensorView map, std::size_t n, std::size_t c) {
  const std::size_t pixels = map.shape.h * map.shape.w;
  return map.data.subspan((n * map.shape.c + c) * pixels, pixels);
}

Shape Slid(const Shape& source, std::size_t channels, const Window& window, Rounding rounding) {
  return {source.n,
          channels,
          OutputSide(source.h, window, rounding),
          OutputSide(source.w, window, rounding)};
}

// A run of positions: first <= i < end.
struct Range {
  std::size_t first = 0;
  std::size_t end = 0;
};

// The positions on the map that the window covers when it is the `i`th along an axis of `side`
// pixels.
Range Covered(std::size_t i, std::size_t side, const Window& window) {
  const std::size_t start = i * window.stride;  // in the padded map
  return {std::max(start, window.pad) - window.pad,
          std::min(start + window.kernel - window.pad, side)};
}

// The window positions, of `count` along an axis of `side` pixels, at which pixel `k` of the window
// is on the map.
Range PositionsOnMap(std::size_t k, std::size_t side, std::size_t count, const Window& window) {
  Range range = {0, count};
  while (range.first < count && range.first * window.stride + k < window.pad) ++range.first;
  while (range.end > range.first && (range.end - 1) * window.stride + k >= side + window.pad)
    --range.end;
  return range;
}

// sums(y, x) += w source(y s + kh - p, x s + kw - p), for one pixel (kh, kw) of one filter's window
// on one channel.
void AddShifted(std::span<const float> source,
                const Shape& source_shape,
                float w,
                std::size_t kh,
                std::size_t kw,
                const Window& window,
                const Shape& shape,
                std::span<double> sums) {
  const Range rows = PositionsOnMap(kh, source_shape.h, shape.h, window);
  const Range columns = PositionsOnMap(kw, source_shape.w, shape.w, window);
  for (std::size_t y = rows.first; y < rows.end; ++y) {
    const std::size_t source_row = (y * window.stride + kh - window.pad) * source_shape.w;
    for (std::size_t x = columns.first; x < columns.end; ++x) {
      const std::size_t source_x = x * window.stride + kw - window.pad;
      sums[y * shape.w + x] +=
          static_cast<double>(w) * static_cast<double>(source[source_row + source_x]);
    }
  }
}

// Calls reduce(values on the map) for each window and writes what it returns.
template <class Reduce>
void Pool(TensorView source,
          const Window& window,
          Rounding rounding,
          MutableTensorView destination,
          const Reduce& reduce) {
  Expects(destination.shape == Slid(source.shape, source.shape.c, window, rounding),
          "the pooled shape");
  const auto [n, c, h, w] = destination.shape;
  std::vector<float> values;
  for (std::size_t picture = 0; picture < n; ++picture) {
    for (std::size_t channel = 0; channel < c; ++channel) {
      const auto from = Plane(source, picture, channel);
      const auto to = Plane(destination, picture, channel);
      for (std::size_t y = 0; y < h; ++y) {
        const Range rows = Covered(y, source.shape.h, window);
        for (std::size_t x = 0; x < w; ++x) {
          const Range columns = Covered(x, source.shape.w, window);
          values.clear();
          for (std::size_t row = rows.first; row < rows.end; ++row) {
            for (std::size_t column = columns.first; column < columns.end; ++column) {
              values.push_back(from[row * source.shape.w + column]);
            }
          }
          to[y * w + x] = reduce(std::span<const float>(values));
        }
      }
    }
  }
}

float Square(float x) { return x * x; }

}  // namespace

void ConvolutionReference(TensorView source,
                          TensorView weight,
                          TensorView bias,
                          const Window& window,
                          MutableTensorView destination) {
  const auto [out, in, kh, kw] = weight.shape;
  Expects(in == source.shape.c && kh == window.kernel && kw == window.kernel,
          "weights for the source");
  Expects(bias.data.size() == out, "one bias a filter");
  Expects(destination.shape == Slid(source.shape, out, window, Rounding::kDown),
          "the convolved shape");
  std::vector<double> sums(destination.shape.h * destination.shape.w);
  for (std::size_t n = 0; n < source.shape.n; ++n) {
    for (std::size_t k = 0; k < out; ++k) {
      std::fill(sums.begin(), sums.end(), static_cast<double>(bias.data[k]));
      for (std::size_t c = 0; c < in; ++c) {
        const std::span<const float> filter = Plane(weight, k, c);
        for (std::size_t i = 0; i < filter.size(); ++i) {
          AddShifted(Plane(source, n, c),
                     source.shape,
                     filter[i],
                     i / kw,
                     i % kw,
                     window,
                     destination.shape,
                     sums);
        }
      }
      std::transform(sums.begin(), sums.end(), Plane(destination, n, k).begin(), [](double sum) {
        return static_cast<float>(sum);
      });
    }
  }
}

void ReluReference(MutableTensorView map) {
  for (float& x : map.data) x = std::max(x, 0.0F);
}

void MaxPoolReference(TensorView source,
                      const Window& window,
                      Rounding rounding,
                      MutableTensorView destination) {
  Pool(source, window, rounding, destination, [](std::span<const float> values) {
    return *std::max_element(values.begin(), values.end());
  });
}

void AveragePoolReference(TensorView source,
                          const Window& window,
                          Rounding rounding,
                          MutableTensorView destination) {
  Pool(source, window, rounding, destination, [](std::span<const float> values) {
    double sum = 0;
    for (const float value : values) sum += static_cast<double>(value);
    return static_cast<float>(sum / static_cast<double>(values.size()));
  });
}

void LrnReference(TensorView source,
                  const LrnParameters& parameters,
                  MutableTensorView destination) {
  Expects(destination.shape == source.shape, "the source's shape");
  const auto [n, c, h, w] = source.shape;
  const std::size_t reach = parameters.size / 2;
  const auto scale = static_cast<double>(parameters.alpha) / static_cast<double>(parameters.size);
  for (std::size_t picture = 0; picture < n; ++picture) {
    for (std::size_t channel = 0; channel < c; ++channel) {
      const std::size_t first = channel - std::min(channel, reach);
      const std::size_t end = std::min(channel + reach + 1, c);
      for (std::size_t p = 0; p < h * w; ++p) {
        double squares = 0;
        for (std::size_t near = first; near < end; ++near) {
          squares += static_cast<double>(Square(Plane(source, picture, near)[p]));
        }
        const double norm = static_cast<double>(parameters.k) + scale * squares;
        Plane(destination, picture, channel)[p] =
            static_cast<float>(static_cast<double>(Plane(source, picture, channel)[p]) *
                               std::pow(norm, -static_cast<double>(parameters.beta)));
      }
    }
  }
}

void FullyConnectedReference(TensorView source,
                             TensorView weight,
                             TensorView bias,
                             MutableTensorView destination) {
  const std::size_t in = source.shape.c * source.shape.h * source.shape.w;
  const std::size_t out = weight.shape.n;
  Expects(weight.data.size() == out * in && bias.data.size() == out, "weights for the source");
  Expects(destination.shape == Shape{source.shape.n, out, 1, 1}, "n x out values");
  for (std::size_t n = 0; n < source.shape.n; ++n) {
    for (std::size_t j = 0; j < out; ++j) {
      auto sum = static_cast<double>(bias.data[j]);
      for (std::size_t i = 0; i < in; ++i) {
        sum += static_cast<double>(weight.data[j * in + i]) *
               static_cast<double>(source.data[n * in + i]);
      }
      destination.data[n * out + j] = static_cast<float>(sum);
    }
  }
}

void Softmax(std::span<float> scores) {
  Expects(!scores.empty(), "at least one score");
  const float largest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (float& score : scores) {
    score = std::exp(score - largest);
    sum += static_cast<double>(score);
  }
  for (float& score : scores) score = static_cast<float>(static_cast<double>(score) / sum);
}

}  // namespace deeper::kernels
