#include "backbone/kernels/reference_backward.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.h"

namespace deeper::kernels {
namespace {

Shape Slid(const Shape& source, std::size_t channels, const Window& window, Rounding rounding) {
  return {source.n,
          channels,
          OutputSide(source.h, window, rounding),
          OutputSide(source.w, window, rounding)};
}

std::size_t PositionOf(
    const Shape& shape, std::size_t n, std::size_t c, std::size_t y, std::size_t x) {
  return ((n * shape.c + c) * shape.h + y) * shape.w + x;
}

// Calls visit(position in source, position in destination, position in the filters) for every
// product of a convolution.
template <class Visit>
void ForEachProduct(const Shape& source,
                    const Shape& weight,
                    const Window& window,
                    const Shape& destination,
                    const Visit& visit) {
  const auto [n, out, h, w] = destination;
  for (std::size_t picture = 0; picture < n; ++picture) {
    for (std::size_t k = 0; k < out; ++k) {
      for (std::size_t c = 0; c < source.c; ++c) {
        for (std::size_t kh = 0; kh < window.kernel; ++kh) {
          for (std::size_t y = 0; y < h; ++y) {
            const std::size_t padded_y = y * window.stride + kh;
            if (padded_y < window.pad || padded_y >= source.h + window.pad) continue;
            for (std::size_t kw = 0; kw < window.kernel; ++kw) {
              const std::size_t at_weight = PositionOf(weight, k, c, kh, kw);
              for (std::size_t x = 0; x < w; ++x) {
                const std::size_t padded_x = x * window.stride + kw;
                if (padded_x < window.pad || padded_x >= source.w + window.pad) continue;
                visit(PositionOf(source, picture, c, padded_y - window.pad, padded_x - window.pad),
                      PositionOf(destination, picture, k, y, x),
                      at_weight);
              }
            }
          }
        }
      }
    }
  }
}

// Calls visit(position in destination, positions in source that its window covers, row by row) for
// every window of a pool.
template <class Visit>
void ForEachWindow(const Shape& source,
                   const Window& window,
                   const Shape& destination,
                   const Visit& visit) {
  const auto [n, c, h, w] = destination;
  std::vector<std::size_t> covered;
  for (std::size_t picture = 0; picture < n; ++picture) {
    for (std::size_t channel = 0; channel < c; ++channel) {
      for (std::size_t y = 0; y < h; ++y) {
        for (std::size_t x = 0; x < w; ++x) {
          covered.clear();
          for (std::size_t kh = 0; kh < window.kernel; ++kh) {
            for (std::size_t kw = 0; kw < window.kernel; ++kw) {
              const std::size_t padded_y = y * window.stride + kh;
              const std::size_t padded_x = x * window.stride + kw;
              if (padded_y < window.pad || padded_y >= source.h + window.pad) continue;
              if (padded_x < window.pad || padded_x >= source.w + window.pad) continue;
              covered.push_back(PositionOf(
                  source, picture, channel, padded_y - window.pad, padded_x - window.pad));
            }
          }
          visit(PositionOf(destination, picture, channel, y, x), covered);
        }
      }
    }
  }
}

double Double(float value) { return static_cast<double>(value); }

void Round(const std::vector<double>& sums, std::span<float> destination) {
  std::transform(sums.begin(), sums.end(), destination.begin(), [](double sum) {
    return static_cast<float>(sum);
  });
}

}  // namespace

void ConvolutionBackwardDataReference(TensorView diff_destination,
                                      TensorView weight,
                                      const Window& window,
                                      MutableTensorView diff_source) {
  Expects(
      weight.shape ==
              Shape{diff_destination.shape.c, diff_source.shape.c, window.kernel, window.kernel} &&
          diff_destination.shape ==
              Slid(diff_source.shape, weight.shape.n, window, Rounding::kDown),
      "the shapes of a convolution");
  std::vector<double> sums(diff_source.data.size());
  ForEachProduct(diff_source.shape,
                 weight.shape,
                 window,
                 diff_destination.shape,
                 [&](std::size_t source, std::size_t destination, std::size_t filter) {
                   sums[source] +=
                       Double(diff_destination.data[destination]) * Double(weight.data[filter]);
                 });
  Round(sums, diff_source.data);
}

void ConvolutionBackwardWeightsReference(TensorView source,
                                         TensorView diff_destination,
                                         const Window& window,
                                         MutableTensorView diff_weight,
                                         MutableTensorView diff_bias) {
  const std::size_t out = diff_destination.shape.c;
  Expects(diff_weight.shape == Shape{out, source.shape.c, window.kernel, window.kernel} &&
              diff_bias.data.size() == out &&
              diff_destination.shape == Slid(source.shape, out, window, Rounding::kDown),
          "the shapes of a convolution");
  std::vector<double> sums(diff_weight.data.size());
  ForEachProduct(source.shape,
                 diff_weight.shape,
                 window,
                 diff_destination.shape,
                 [&](std::size_t from, std::size_t destination, std::size_t filter) {
                   sums[filter] +=
                       Double(diff_destination.data[destination]) * Double(source.data[from]);
                 });
  Round(sums, diff_weight.data);
  std::vector<double> bias_sums(out);
  const std::size_t pixels = diff_destination.shape.h * diff_destination.shape.w;
  for (std::size_t i = 0; i < diff_destination.data.size(); ++i) {
    bias_sums[i / pixels % out] += Double(diff_destination.data[i]);
  }
  Round(bias_sums, diff_bias.data);
}

void ReluBackwardReference(TensorView destination, MutableTensorView diff) {
  Expects(destination.shape == diff.shape, "a derivative of the map's shape");
  for (std::size_t i = 0; i < diff.data.size(); ++i) {
    if (destination.data[i] <= 0) diff.data[i] = 0;
  }
}

void MaxPoolBackwardReference(TensorView source,
                              TensorView diff_destination,
                              const Window& window,
                              Rounding rounding,
                              MutableTensorView diff_source) {
  Expects(diff_source.shape == source.shape &&
              diff_destination.shape == Slid(source.shape, source.shape.c, window, rounding),
          "the shapes of a pool");
  std::vector<double> sums(diff_source.data.size());
  ForEachWindow(source.shape,
                window,
                diff_destination.shape,
                [&](std::size_t destination, const std::vector<std::size_t>& covered) {
                  const std::size_t largest = *std::max_element(
                      covered.begin(), covered.end(), [&](std::size_t a, std::size_t b) {
                        return source.data[a] < source.data[b];
                      });
                  sums[largest] += Double(diff_destination.data[destination]);
                });
  Round(sums, diff_source.data);
}

void AveragePoolBackwardReference(TensorView diff_destination,
                                  const Window& window,
                                  Rounding rounding,
                                  MutableTensorView diff_source) {
  Expects(diff_destination.shape == Slid(diff_source.shape, diff_source.shape.c, window, rounding),
          "the shapes of a pool");
  std::vector<double> sums(diff_source.data.size());
  ForEachWindow(diff_source.shape,
                window,
                diff_destination.shape,
                [&](std::size_t destination, const std::vector<std::size_t>& covered) {
                  const double share = Double(diff_destination.data[destination]) /
                                       static_cast<double>(covered.size());
                  for (const std::size_t source : covered) sums[source] += share;
                });
  Round(sums, diff_source.data);
}

// With N_c = k + alpha/size sum_c' x_c'^2 and y_c = x_c N_c^-beta:
// dL/dx_c = g_c N_c^-beta - 2 alpha beta / size x_c sum_c' g_c' x_c' N_c'^(-beta - 1),
// both sums over the channels around c.
void LrnBackwardReference(TensorView source,
                          TensorView diff_destination,
                          const LrnParameters& parameters,
                          MutableTensorView diff_source) {
  Expects(source.shape == diff_destination.shape && source.shape == diff_source.shape,
          "the source's shape");
  const auto [n, channels, h, w] = source.shape;
  const std::size_t reach = parameters.size / 2;
  const double scale = Double(parameters.alpha) / static_cast<double>(parameters.size);
  const double beta = Double(parameters.beta);
  const auto around = [&, count = channels](std::size_t c, const auto& value) {
    double sum = 0;
    for (std::size_t near = c - std::min(c, reach); near < std::min(c + reach + 1, count); ++near)
      sum += value(near);
    return sum;
  };
  std::vector<double> norms(channels);
  for (std::size_t picture = 0; picture < n; ++picture) {
    for (std::size_t p = 0; p < h * w; ++p) {
      const std::size_t first = picture * channels * h * w + p;
      const auto x = [&, pixels = h * w](std::size_t c) {
        return Double(source.data[first + c * pixels]);
      };
      const auto g = [&, pixels = h * w](std::size_t c) {
        return Double(diff_destination.data[first + c * pixels]);
      };
      for (std::size_t c = 0; c < channels; ++c) {
        norms[c] = Double(parameters.k) +
                   scale * around(c, [&](std::size_t near) { return x(near) * x(near); });
      }
      for (std::size_t c = 0; c < channels; ++c) {
        const double shared = around(c, [&](std::size_t near) {
          return g(near) * x(near) * std::pow(norms[near], -beta - 1);
        });
        diff_source.data[first + c * h * w] =
            static_cast<float>(g(c) * std::pow(norms[c], -beta) - 2 * scale * beta * x(c) * shared);
      }
    }
  }
}

void FullyConnectedBackwardReference(TensorView source,
                                     TensorView weight,
                                     TensorView diff_destination,
                                     MutableTensorView diff_source,
                                     MutableTensorView diff_weight,
                                     MutableTensorView diff_bias) {
  const std::size_t n = source.shape.n;
  const std::size_t in = source.shape.c * source.shape.h * source.shape.w;
  const std::size_t out = weight.shape.n;
  Expects(weight.data.size() == out * in && diff_weight.data.size() == out * in &&
              diff_bias.data.size() == out && diff_source.shape == source.shape &&
              diff_destination.data.size() == n * out,
          "the shapes of a fully connected layer");
  std::vector<double> source_sums(n * in);
  std::vector<double> weight_sums(out * in);
  std::vector<double> bias_sums(out);
  for (std::size_t picture = 0; picture < n; ++picture) {
    for (std::size_t j = 0; j < out; ++j) {
      const double g = Double(diff_destination.data[picture * out + j]);
      bias_sums[j] += g;
      for (std::size_t i = 0; i < in; ++i) {
        source_sums[picture * in + i] += g * Double(weight.data[j * in + i]);
        weight_sums[j * in + i] += g * Double(source.data[picture * in + i]);
      }
    }
  }
  Round(source_sums, diff_source.data);
  Round(weight_sums, diff_weight.data);
  Round(bias_sums, diff_bias.data);
}

void MultiplyByMask(std::span<const float> mask, std::span<float> values) {
  Expects(mask.size() == values.size(), "a mask entry a value");
  for (std::size_t i = 0; i < values.size(); ++i) values[i] *= mask[i];
}

}  // namespace deeper::kernels
