#include "detector/regions/crop.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "backbone/kernels/instruction_set.h"
#include "backbone/kernels/stored_value.h"
#include "core/error.h"

namespace deeper {
namespace {

// Along one axis: which pixels of the picture fill which pixels of the crop. The rest of the crop
// lies outside the picture.
struct AxisPart {
  int image_begin = 0;
  int image_size = 0;  // 0: nothing of the picture
  int crop_begin = 0;
  int crop_size = 0;
};

// The two neighbours that each pixel of the crop's part is blended from, as positions in the
// picture:
//   value = (1 - weight) first + weight second.
struct Taps {
  std::vector<int> first;
  std::vector<int> second;
  std::vector<float> weight;
};

double RoundHalfUp(double value) { return std::floor(value + 0.5); }

// The box [begin, end) of an axis after dilation, in whole pixels. It is at least one pixel long.
// In rcnn_im_crop.m it is one pixel longer: there an inclusive end is computed as if it were
// exclusive.
std::pair<double, double> WholePixels(double begin, double end) {
  const double first = RoundHalfUp(begin);
  const double last = RoundHalfUp(end);
  if (last > first) return {first, last};
  const double pixel_of_centre = std::floor((begin + end) / 2);
  return {pixel_of_centre, pixel_of_centre + 1};
}

// Cuts the dilated box to the picture along one axis. Scales to the crop what is left, and what is
// lost before it. Both are rounded to crop pixels, and the part is shortened so that it ends
// inside.
AxisPart PartInside(double centre, double half, int image_size, int size_px) {
  const auto [begin, end] = WholePixels(centre - half, centre + half);
  const double inside_begin = std::max(begin, 0.0);
  const double inside_end = std::min(end, static_cast<double>(image_size));
  if (inside_end <= inside_begin) return {};

  const double scale = size_px / (end - begin);
  const double padding = RoundHalfUp((inside_begin - begin) * scale);
  const double part = RoundHalfUp((inside_end - inside_begin) * scale);
  AxisPart axis = {.image_begin = static_cast<int>(inside_begin),
                   .image_size = static_cast<int>(inside_end - inside_begin),
                   .crop_begin = std::min(static_cast<int>(padding), size_px - 1),
                   .crop_size = std::max(static_cast<int>(part), 1)};
  axis.crop_size = std::min(axis.crop_size, size_px - axis.crop_begin);
  return axis;
}

// Pixel centres lie at + 1/2; u is clamped to the part:
//   u = (x + 1/2) image_size / crop_size - 1/2.
Taps TapsOf(const AxisPart& axis) {
  const auto count = static_cast<std::size_t>(axis.crop_size);
  Taps taps = {.first = std::vector<int>(count),
               .second = std::vector<int>(count),
               .weight = std::vector<float>(count)};
  const double step = static_cast<double>(axis.image_size) / axis.crop_size;
  for (std::size_t x = 0; x < count; ++x) {
    const double u = (static_cast<double>(x) + 0.5) * step - 0.5;
    const double below = std::floor(u);
    const int last = axis.image_size - 1;
    taps.first[x] = axis.image_begin + std::clamp(static_cast<int>(below), 0, last);
    taps.second[x] = axis.image_begin + std::clamp(static_cast<int>(below) + 1, 0, last);
    taps.weight[x] = static_cast<float>(u - below);
  }
  return taps;
}

// Blends a row of the picture horizontally, into interleaved values: three for each tap.
void BlendColumns(const std::uint8_t* row, const Taps& columns, std::span<float> blended) {
  for (std::size_t x = 0; x < columns.weight.size(); ++x) {
    const std::uint8_t* const a = row + std::ptrdiff_t{3} * columns.first[x];
    const std::uint8_t* const b = row + std::ptrdiff_t{3} * columns.second[x];
    const float weight = columns.weight[x];
    for (std::size_t c = 0; c < 3; ++c) {
      blended[3 * x + c] = static_cast<float>(a[c]) + weight * static_cast<float>(b[c] - a[c]);
    }
  }
}

// The rows of the picture that were blended last. Going down the crop, the second row of one line
// is often the first of the next.
class BlendedRows {
 public:
  BlendedRows(const Image& image, const Taps& columns)
      : image_(image), columns_(columns), rows_{EmptyRow(), EmptyRow()} {}

  // Rows `first` and `second`, valid until the next call.
  std::pair<const float*, const float*> Get(int first, int second) {
    if (rows_[0].y != first && rows_[1].y == first) std::swap(rows_[0], rows_[1]);
    Fill(rows_[0], first);
    if (second == first) return {rows_[0].values.data(), rows_[0].values.data()};
    Fill(rows_[1], second);
    return {rows_[0].values.data(), rows_[1].values.data()};
  }

 private:
  struct Row {
    int y = -1;  // before the first row: holds none
    std::vector<float> values;
  };

  Row EmptyRow() const {
    return {.y = -1, .values = std::vector<float>(3 * columns_.weight.size())};
  }

  void Fill(Row& row, int y) {
    if (row.y == y) return;
    BlendColumns(image_.Row(y), columns_, row.values);
    row.y = y;
  }

  const Image& image_;
  const Taps& columns_;
  std::array<Row, 2> rows_;
};

// The parts of a crop that the picture fills, along both axes.
struct CropParts {
  AxisPart x;
  AxisPart y;
};

CropParts PartsOf(const Image& image, const Box& box, const CropOptions& options) {
  Expects(!image.IsEmpty(), "an image with pixels");
  Expects(!box.IsEmpty() && std::isfinite(Area(box)), "a box that is finite and not empty");
  Expects(options.size_px > 2 * options.padding_px, "padding that leaves room for the box");
  const double dilation =
      static_cast<double>(options.size_px) / (options.size_px - 2 * options.padding_px);
  double half_width = (double{box.x1} - double{box.x0}) / 2;
  double half_height = (double{box.y1} - double{box.y0}) / 2;
  if (options.mode == CropMode::kSquare) {
    half_width = half_height = std::max(half_width, half_height);
  }
  CropParts parts = {.x = PartInside((double{box.x0} + double{box.x1}) / 2,
                                     half_width * dilation,
                                     image.width,
                                     options.size_px),
                     .y = PartInside((double{box.y0} + double{box.y1}) / 2,
                                     half_height * dilation,
                                     image.height,
                                     options.size_px)};
  if (parts.x.image_size == 0 || parts.y.image_size == 0) return {};
  return parts;
}

// dst = first + weight (second - first) - mean, value by value.
template <class Element>
[[gnu::always_inline]] inline void BlendRows(const float* __restrict first,
                                             const float* __restrict second,
                                             float weight,
                                             const float* __restrict mean,
                                             typename Element::Stored* __restrict dst,
                                             std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    dst[i] = Element::Store(first[i] + weight * (second[i] - first[i]) - mean[i], 1);
  }
}

// Writes the crop's rows as Element. `mean` is subtracted and `outside` fills what lies outside the
// picture, each three values.
template <class Element>
void WriteRows(const Image& image,
               const CropParts& parts,
               std::size_t side,
               const std::array<float, 3>& mean,
               const std::array<float, 3>& outside,
               const CropRows& rows) {
  using Stored = typename Element::Stored;
  const auto row_at = [&](std::size_t y) {
    return reinterpret_cast<Stored*>(rows.first + y * rows.row_bytes);
  };
  if (static_cast<std::size_t>(parts.x.crop_size) < side ||
      static_cast<std::size_t>(parts.y.crop_size) < side) {
    for (std::size_t y = 0; y < side; ++y) {
      for (std::size_t i = 0; i < 3 * side; ++i) {
        row_at(y)[i] = Element::Store(outside[i % 3], 1);
      }
    }
  }
  const Taps columns = TapsOf(parts.x);
  const Taps lines = TapsOf(parts.y);
  std::vector<float> means(3 * columns.weight.size());
  for (std::size_t i = 0; i < means.size(); ++i) means[i] = mean[i % 3];
  BlendedRows blended(image, columns);
  for (std::size_t y = 0; y < lines.weight.size(); ++y) {
    const auto [first, second] = blended.Get(lines.first[y], lines.second[y]);
    Stored* const dst = row_at(static_cast<std::size_t>(parts.y.crop_begin) + y) +
                        std::ptrdiff_t{3} * parts.x.crop_begin;
    const float weight = lines.weight[y];
    kernels::RunVectorised([&, first = first, second = second ]() __attribute__((always_inline)) {
      BlendRows<Element>(first, second, weight, means.data(), dst, means.size());
    });
  }
}

}  // namespace

Box WholeImageBox(const Image& image) {
  return {.x0 = 0,
          .y0 = 0,
          .x1 = static_cast<float>(image.width),
          .y1 = static_cast<float>(image.height)};
}

std::string NameOf(CropMode mode) { return mode == CropMode::kWarp ? "warp" : "square"; }

CropMode CropModeFromName(const std::string& name) {
  for (const CropMode mode : {CropMode::kWarp, CropMode::kSquare}) {
    if (NameOf(mode) == name) return mode;
  }
  throw Error("crop mode '" + name + "': expected warp or square");
}

void CropOptions::Validate() const {
  if (size_px < 1 || size_px > 4096) {
    throw Error("crop size_px = " + std::to_string(size_px) + ": expected 1 to 4096");
  }
  if (padding_px < 0 || 2 * std::int64_t{padding_px} >= size_px) {
    throw Error("crop padding_px = " + std::to_string(padding_px) +
                ": expected at least 0 and less than half of size_px = " + std::to_string(size_px));
  }
  for (const float mean : mean_bgr) {
    if (!std::isfinite(mean)) throw Error("crop mean_bgr: expected three finite numbers");
  }
}

void Crop(const Image& image, const Box& box, const CropOptions& options, const CropRows& rows) {
  const CropParts parts = PartsOf(image, box, options);
  const auto side = static_cast<std::size_t>(options.size_px);
  kernels::DispatchElement(rows.element, [&]<class Element>(Element) {
    if (rows.element == kernels::ElementType::kU8) {
      WriteRows<Element>(image, parts, side, {0, 0, 0}, options.mean_bgr, rows);
    } else {
      WriteRows<Element>(image, parts, side, options.mean_bgr, {0, 0, 0}, rows);
    }
  });
}

void Crop(const Image& image,
          const Box& box,
          const CropOptions& options,
          std::span<float> crop_chw) {
  const auto side = static_cast<std::size_t>(options.size_px);
  Expects(crop_chw.size() == 3 * side * side, "a crop of 3 x size x size values");
  std::vector<float> pixels(crop_chw.size());
  Crop(image,
       box,
       options,
       CropRows{.first = std::as_writable_bytes(std::span(pixels)).data(),
                .row_bytes = 3 * side * sizeof(float),
                .element = kernels::ElementType::kF32});
  for (std::size_t i = 0; i < side * side; ++i) {
    for (std::size_t c = 0; c < 3; ++c) crop_chw[c * side * side + i] = pixels[3 * i + c];
  }
}

std::optional<int> SideThatCropsNeed(const CropOptions& crop,
                                     const SelectiveSearchOptions& proposals) {
  if (proposals.width_px == 0 || proposals.min_side_px == 0) return std::nullopt;
  // The shorter side of the frame in which proposals are made is at most its width. The smallest
  // proposal takes min_side_px of it.
  return (crop.size_px - 2 * crop.padding_px) * proposals.width_px / proposals.min_side_px;
}

CropKey KeyOfCrop(const Image& image, const Box& box, const CropOptions& options) {
  const auto [x, y] = PartsOf(image, box, options);
  return {x.image_begin,
          x.image_size,
          x.crop_begin,
          x.crop_size,
          y.image_begin,
          y.image_size,
          y.crop_begin,
          y.crop_size};
}

}  // namespace deeper
