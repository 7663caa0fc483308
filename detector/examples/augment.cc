#include "detector/examples/augment.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "core/box.h"
#include "core/error.h"
#include "core/out_of_range.h"
#include "core/random.h"

namespace deeper {
namespace {

enum class Interpolation { kNearest, kBilinear, kBicubic, kArea };
constexpr std::uint64_t kInterpolations = 4;

// A pixel of the crop along one axis: the weighted sum of some pixels of the picture.
struct Tap {
  std::size_t pixel = 0;
  float weight = 0;
};
using Taps = std::vector<std::vector<Tap>>;

// Keys 1981 with a = -1/2.
double Cubic(double x) {
  x = std::abs(x);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

// The weight of a pixel at `distance` from the wanted place. One pixel of the crop is `scale`
// pixels of the picture.
double WeightOf(Interpolation interpolation, double distance, double scale) {
  switch (interpolation) {
    case Interpolation::kNearest:
      return distance >= -0.5 && distance < 0.5 ? 1 : 0;
    case Interpolation::kBilinear:
      return std::max(0.0, 1 - std::abs(distance));
    case Interpolation::kBicubic:
      return Cubic(distance);
    case Interpolation::kArea: {
      // The overlap of the pixel with the stretch that the crop's pixel covers.
      const double half = std::max(scale, 1.0) / 2;
      return std::max(0.0, std::min(distance + 0.5, half) - std::max(distance - 0.5, -half));
    }
  }
  return 0;
}

// Taps for `count` pixels over [begin, end) of an axis of `size` pixels. Pixel centres lie at +
// 1/2. Beyond the axis its nearest pixel counts.
Taps TapsOf(double begin, double end, int size, std::size_t count, Interpolation interpolation) {
  const double scale = (end - begin) / static_cast<double>(count);
  const double reach = std::max(2.0, scale / 2 + 1);
  Taps taps(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double centre = begin + (static_cast<double>(i) + 0.5) * scale - 0.5;
    double sum = 0;
    for (double pixel = std::floor(centre - reach); pixel <= centre + reach; ++pixel) {
      const double weight = WeightOf(interpolation, pixel - centre, scale);
      if (weight == 0) continue;
      const double inside = std::clamp(pixel, 0.0, static_cast<double>(size - 1));
      taps[i].push_back({static_cast<std::size_t>(inside), static_cast<float>(weight)});
      sum += weight;
    }
    for (Tap& tap : taps[i]) tap.weight /= static_cast<float>(sum);
  }
  return taps;
}

// The part of the picture resized to planes of side x side, 0..255.
void Resize(const Image& image,
            const Box& part,
            Interpolation interpolation,
            std::size_t side,
            std::span<float> planes) {
  const Taps columns = TapsOf(
      static_cast<double>(part.x0), static_cast<double>(part.x1), image.width, side, interpolation);
  const Taps rows = TapsOf(static_cast<double>(part.y0),
                           static_cast<double>(part.y1),
                           image.height,
                           side,
                           interpolation);
  std::vector<float> row_sum(3 * static_cast<std::size_t>(image.width));
  for (std::size_t y = 0; y < side; ++y) {
    std::fill(row_sum.begin(), row_sum.end(), 0.0F);
    for (const Tap& tap : rows[y]) {
      const std::uint8_t* row = image.Row(static_cast<int>(tap.pixel));
      for (std::size_t i = 0; i < row_sum.size(); ++i)
        row_sum[i] += tap.weight * static_cast<float>(row[i]);
    }
    for (std::size_t x = 0; x < side; ++x) {
      for (std::size_t c = 0; c < 3; ++c) {
        float value = 0;
        for (const Tap& tap : columns[x]) value += tap.weight * row_sum[3 * tap.pixel + c];
        planes[(c * side + y) * side + x] = std::clamp(value, 0.0F, 255.0F);
      }
    }
  }
}

double UniformIn(Random& random, double low, double high) {
  return low + (high - low) * random.Uniform();
}

// A part of the picture with random area and aspect. After ten that do not fit, the middle square.
Box RandomPart(const Image& image, const AugmentOptions& options, Random& random) {
  const double width = image.width;
  const double height = image.height;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double area = width * height * UniformIn(random, options.min_area, options.max_area);
    const double aspect =
        std::exp(UniformIn(random, std::log(options.min_aspect), std::log(options.max_aspect)));
    const double w = std::sqrt(area * aspect);
    const double h = std::sqrt(area / aspect);
    if (w > width || h > height) continue;
    const double x = UniformIn(random, 0, width - w);
    const double y = UniformIn(random, 0, height - h);
    return {static_cast<float>(x),
            static_cast<float>(y),
            static_cast<float>(x + w),
            static_cast<float>(y + h)};
  }
  const double side = std::min(width, height);
  return {static_cast<float>((width - side) / 2),
          static_cast<float>((height - side) / 2),
          static_cast<float>((width + side) / 2),
          static_cast<float>((height + side) / 2)};
}

constexpr std::array<float, 3> kLumaBgr = {0.114F, 0.587F, 0.299F};  // ITU-R BT.601

// Planes of blue, green and red, 0..255.
class Colours {
 public:
  explicit Colours(std::span<float> planes) : planes_(planes), pixels_(planes.size() / 3) {}

  void ScaleBrightness(float factor) {
    for (float& value : planes_) value = std::clamp(value * factor, 0.0F, 255.0F);
  }
  // Away from, or towards, the mean luma.
  void ScaleContrast(float factor) {
    double sum = 0;
    for (std::size_t i = 0; i < pixels_; ++i) sum += static_cast<double>(Luma(i));
    const auto mean = static_cast<float>(sum / static_cast<double>(pixels_));
    for (float& value : planes_) value = std::clamp(mean + factor * (value - mean), 0.0F, 255.0F);
  }
  // Away from, or towards, each pixel's luma.
  void ScaleSaturation(float factor) {
    for (std::size_t i = 0; i < pixels_; ++i) {
      const float luma = Luma(i);
      for (std::size_t c = 0; c < 3; ++c) {
        float& value = planes_[c * pixels_ + i];
        value = std::clamp(luma + factor * (value - luma), 0.0F, 255.0F);
      }
    }
  }

 private:
  float Luma(std::size_t i) const {
    return kLumaBgr[0] * planes_[i] + kLumaBgr[1] * planes_[pixels_ + i] +
           kLumaBgr[2] * planes_[2 * pixels_ + i];
  }
  std::span<float> planes_;
  std::size_t pixels_;
};

void Distort(double distortion, Random& random, std::span<float> planes) {
  if (distortion == 0) return;
  Colours colours(planes);
  std::array<int, 3> order = {0, 1, 2};
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.Below(i)]);
  for (const int kind : order) {
    const auto factor = static_cast<float>(UniformIn(random, 1 - distortion, 1 + distortion));
    if (kind == 0) colours.ScaleBrightness(factor);
    if (kind == 1) colours.ScaleContrast(factor);
    if (kind == 2) colours.ScaleSaturation(factor);
  }
}

void SubtractMean(const std::array<float, 3>& mean_bgr, std::span<float> planes) {
  for (std::size_t i = 0; i < planes.size(); ++i) planes[i] -= mean_bgr[i / (planes.size() / 3)];
}

void Check(bool holds, const char* field, double value, const char* bound) {
  if (!holds) throw OutOfRange(field, value, bound);
}

}  // namespace

void AugmentOptions::Validate() const {
  Check(size_px >= 1 && size_px <= 4096, "size_px", size_px, "1 to 4096");
  Check(max_area > 0 && max_area <= 1, "max_area", max_area, "above 0, at most 1");
  Check(min_area > 0 && min_area <= max_area,
        "min_area",
        min_area,
        "above 0, at most 1 and max_area");
  Check(min_aspect > 0 && min_aspect <= max_aspect && std::isfinite(max_aspect),
        "min_aspect",
        min_aspect,
        "0 < min_aspect <= max_aspect");
  Check(distortion >= 0 && distortion < 1, "distortion", distortion, "at least 0, less than 1");
}

void AugmentedCrop(const Image& image,
                   const AugmentOptions& options,
                   std::uint64_t seed,
                   std::span<float> crop_chw) {
  const auto side = static_cast<std::size_t>(options.size_px);
  Expects(!image.IsEmpty(), "an image with pixels");
  Expects(crop_chw.size() == 3 * side * side, "a crop of 3 x size x size values");
  Random random(seed);
  const Box part = RandomPart(image, options, random);
  const auto interpolation = static_cast<Interpolation>(random.Below(kInterpolations));
  Resize(image, part, interpolation, side, crop_chw);
  Distort(options.distortion, random, crop_chw);
  SubtractMean(options.mean_bgr, crop_chw);
  if (!options.mirror || random.Below(2) == 0) return;
  for (std::size_t row = 0; row < crop_chw.size(); row += side) {
    const auto values = crop_chw.subspan(row, side);
    std::reverse(values.begin(), values.end());
  }
}

}  // namespace deeper
