#include "detector/crop.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

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
// picture: value = (1 - weight) first + weight second.
struct Taps {
  std::vector<int> first;
  std::vector<int> second;
  std::vector<float> weight;
};

double RoundHalfUp(double value) { return std::floor(value + 0.5); }

// The box [begin, end) of an axis after dilation, in whole pixels. It is at least one pixel long.
// In rcnn_im_crop.m it is one pixel longer, because there an inclusive end is computed as if it
// were exclusive.
std::pair<double, double> WholePixels(double begin, double end) {
  const double first = RoundHalfUp(begin);
  const double last = RoundHalfUp(end);
  if (last > first) return {first, last};
  const double pixel_of_centre = std::floor((begin + end) / 2);
  return {pixel_of_centre, pixel_of_centre + 1};
}

// Cuts the dilated box to the picture along one axis and scales what is left and what is lost
// before it to the crop. Both are rounded to crop pixels, and the part gives way so that it ends
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

// Pixel centres lie at + 1/2: u = (x + 1/2) image_size / crop_size - 1/2, clamped to the part.
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

// Blends a row of the picture horizontally, into three planes of as many values as there are taps.
void BlendColumns(const std::uint8_t* row, const Taps& columns, std::span<float> planes) {
  const std::size_t width = columns.weight.size();
  float* const blue = planes.data();
  float* const green = blue + width;
  float* const red = green + width;
  for (std::size_t x = 0; x < width; ++x) {
    const std::uint8_t* const a = row + std::ptrdiff_t{3} * columns.first[x];
    const std::uint8_t* const b = row + std::ptrdiff_t{3} * columns.second[x];
    const float weight = columns.weight[x];
    blue[x] = static_cast<float>(a[0]) + weight * static_cast<float>(b[0] - a[0]);
    green[x] = static_cast<float>(a[1]) + weight * static_cast<float>(b[1] - a[1]);
    red[x] = static_cast<float>(a[2]) + weight * static_cast<float>(b[2] - a[2]);
  }
}

// dst = first + weight (second - first) - mean, value by value.
void BlendRows(const float* __restrict first,
               const float* __restrict second,
               float weight,
               float mean,
               float* __restrict dst,
               std::size_t width) {
  for (std::size_t x = 0; x < width; ++x) {
    dst[x] = (first[x] + weight * (second[x] - first[x])) - mean;
  }
}

// The rows of the picture that were blended last. Going down the crop, the second row of one line
// is often the first of the next.
class BlendedRows {
 public:
  BlendedRows(const Image& image, const Taps& columns)
      : image_(image), columns_(columns), rows_{Planes(), Planes()} {}

  // The planes of rows `first` and `second`, valid until the next call.
  std::pair<const float*, const float*> Get(int first, int second) {
    if (rows_[0].y != first && rows_[1].y == first) std::swap(rows_[0], rows_[1]);
    Fill(rows_[0], first);
    if (second == first) return {rows_[0].planes.data(), rows_[0].planes.data()};
    Fill(rows_[1], second);
    return {rows_[0].planes.data(), rows_[1].planes.data()};
  }

 private:
  struct Row {
    int y = -1;  // before the first row: holds none
    std::vector<float> planes;
  };

  Row Planes() const { return {.y = -1, .planes = std::vector<float>(3 * columns_.weight.size())}; }

  void Fill(Row& row, int y) {
    if (row.y == y) return;
    BlendColumns(image_.Row(y), columns_, row.planes);
    row.y = y;
  }

  const Image& image_;
  const Taps& columns_;
  std::array<Row, 2> rows_;
};

}  // namespace

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

void Crop(const Image& image,
          const Box& box,
          const CropOptions& options,
          std::span<float> crop_chw) {
  const auto side = static_cast<std::size_t>(options.size_px);
  Expects(!image.IsEmpty(), "an image with pixels");
  Expects(!box.IsEmpty() && std::isfinite(Area(box)), "a box that is finite and not empty");
  Expects(options.size_px > 2 * options.padding_px, "padding that leaves room for the box");
  Expects(crop_chw.size() == 3 * side * side, "a crop of 3 x size x size values");

  const double dilation =
      static_cast<double>(options.size_px) / (options.size_px - 2 * options.padding_px);
  double half_width = (double{box.x1} - double{box.x0}) / 2;
  double half_height = (double{box.y1} - double{box.y0}) / 2;
  if (options.mode == CropMode::kSquare) {
    half_width = half_height = std::max(half_width, half_height);
  }
  const AxisPart x_part = PartInside(
      (double{box.x0} + double{box.x1}) / 2, half_width * dilation, image.width, options.size_px);
  const AxisPart y_part = PartInside(
      (double{box.y0} + double{box.y1}) / 2, half_height * dilation, image.height, options.size_px);

  if (x_part.crop_size < options.size_px || y_part.crop_size < options.size_px) {
    std::fill(crop_chw.begin(), crop_chw.end(), 0.0F);
  }
  if (x_part.image_size == 0 || y_part.image_size == 0) return;

  const Taps columns = TapsOf(x_part);
  const Taps rows = TapsOf(y_part);
  const std::size_t width = columns.weight.size();
  BlendedRows blended(image, columns);
  for (std::size_t y = 0; y < rows.weight.size(); ++y) {
    const auto [first, second] = blended.Get(rows.first[y], rows.second[y]);
    const std::size_t crop_y = static_cast<std::size_t>(y_part.crop_begin) + y;
    const auto crop_x = static_cast<std::size_t>(x_part.crop_begin);
    for (std::size_t c = 0; c < 3; ++c) {
      BlendRows(first + c * width,
                second + c * width,
                rows.weight[y],
                options.mean_bgr[c],
                crop_chw.data() + (c * side + crop_y) * side + crop_x,
                width);
    }
  }
}

}  // namespace deeper
