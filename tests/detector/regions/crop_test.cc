#include "detector/regions/crop.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "backbone/kernels/stored_value.h"
#include "core/error.h"
#include "core/random.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

Image NoiseImage(int width, int height, std::uint64_t seed) {
  Image image = MakeImage(width, height, 0, 0, 0);
  Random random(seed);
  for (std::uint8_t& value : image.bgr) value = static_cast<std::uint8_t>(random.Below(256));
  return image;
}

std::vector<float> CropOf(const Image& image, const Box& box, const CropOptions& options) {
  const auto side = static_cast<std::size_t>(options.size_px);
  // Pixels that Crop leaves unwritten show.
  std::vector<float> crop(3 * side * side, std::numeric_limits<float>::quiet_NaN());
  Crop(image, box, options, crop);
  return crop;
}

float At(const std::vector<float>& crop, const CropOptions& options, int c, int y, int x) {
  return crop[static_cast<std::size_t>((c * options.size_px + y) * options.size_px + x)];
}

double Round(double value) { return std::floor(value + 0.5); }

// One axis of rcnn_im_crop.m in its own 1-based inclusive pixels, except for the inclusive end,
// which is one pixel too far there.
struct MatlabAxis {
  double first, last;    // pixels of the picture that are cut out
  double padding, part;  // pixels of the crop

  MatlabAxis(double x1, double x2, double half, int image_size, const CropOptions& options) {
    const double scale = double(options.size_px) / (options.size_px - 2 * options.padding_px);
    const double centre = x1 + (x2 - x1 + 1) / 2;
    first = Round(centre - half * scale);
    last = Round(centre + half * scale) - 1;
    const double crop_scale = options.size_px / (last - first + 1);
    padding = Round(std::max(0.0, 1 - first) * crop_scale);
    first = std::max(1.0, first);
    last = std::min(double(image_size), last);
    part = Round((last - first + 1) * crop_scale);
    if (padding + part > options.size_px) part = options.size_px - padding;
  }

  // Position in the picture, 1-based, of pixel x of the crop, 0-based; pixel centres at whole
  // numbers.
  double Source(int x) const {
    return first - 1 + (x - padding + 0.5) * (last - first + 1) / part + 0.5;
  }
  bool Covers(int x) const { return x >= padding && x < padding + part; }
};

double PixelOf(const Image& image, double x, double y, int c) {
  return image.Row(int(y) - 1)[3 * (int(x) - 1) + c];
}

// Pixel by pixel, in double.
std::vector<float> NaiveCrop(const Image& image, const Box& box, const CropOptions& options) {
  double half_width = double(box.x1 - box.x0) / 2;
  double half_height = double(box.y1 - box.y0) / 2;
  if (options.mode == CropMode::kSquare)
    half_width = half_height = std::max(half_width, half_height);
  const MatlabAxis across(double(box.x0) + 1, double(box.x1), half_width, image.width, options);
  const MatlabAxis down(double(box.y0) + 1, double(box.y1), half_height, image.height, options);
  std::vector<float> crop;
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < options.size_px; ++y) {
      for (int x = 0; x < options.size_px; ++x) {
        if (!across.Covers(x) || !down.Covers(y)) {
          crop.push_back(0);
          continue;
        }
        const double u = std::clamp(across.Source(x), across.first, across.last);
        const double v = std::clamp(down.Source(y), down.first, down.last);
        const double u0 = std::floor(u), u1 = std::min(u0 + 1, across.last);
        const double v0 = std::floor(v), v1 = std::min(v0 + 1, down.last);
        const double value = (1 - (v - v0)) * ((1 - (u - u0)) * PixelOf(image, u0, v0, c) +
                                               (u - u0) * PixelOf(image, u1, v0, c)) +
                             (v - v0) * ((1 - (u - u0)) * PixelOf(image, u0, v1, c) +
                                         (u - u0) * PixelOf(image, u1, v1, c));
        crop.push_back(float(value - double(options.mean_bgr[std::size_t(c)])));
      }
    }
  }
  return crop;
}

float LargestDifference(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  float largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const float difference = std::abs(a[i] - b[i]);
    if (!(difference <= largest)) largest = difference;  // a NaN stays
    if (std::isnan(largest)) break;
  }
  return largest;
}

// Weights are f32, values up to 255 go through two blends: 4 x 255 x 2^-23 and the weights' own
// error.
constexpr float kTolerance = 3e-4F;

TEST_CASE("a box of the crop's size without padding reproduces the pixels exactly") {
  const Image image = NoiseImage(400, 300, 1);
  const CropOptions options = {.padding_px = 0};
  const Box box = {.x0 = 31, .y0 = 17, .x1 = 31 + 224, .y1 = 17 + 224};
  const std::vector<float> crop = CropOf(image, box, options);
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < 224; ++y) {
      for (int x = 0; x < 224; ++x) {
        const float pixel = image.Row(17 + y)[3 * (31 + x) + c];
        REQUIRE(At(crop, options, c, y, x) == pixel - options.mean_bgr[std::size_t(c)]);
      }
    }
  }
}

TEST_CASE("a box of 192 px with padding 16 takes 16 px of context on every side, exactly") {
  const Image image = NoiseImage(400, 300, 2);
  const CropOptions padded = {.padding_px = 16};
  const CropOptions bare = {.padding_px = 0};
  const Box box = {.x0 = 100, .y0 = 40, .x1 = 292, .y1 = 232};
  const Box with_context = {.x0 = 84, .y0 = 24, .x1 = 308, .y1 = 248};
  CHECK(CropOf(image, box, padded) == CropOf(image, with_context, bare));
}

TEST_CASE("the crop equals the pixel-by-pixel definition wherever the box lies") {
  const Image image = NoiseImage(333, 250, 3);
  const std::vector<Box> boxes = {
      {.x0 = 60, .y0 = 50, .x1 = 200, .y1 = 150},                 // inside
      {.x0 = 0, .y0 = 50, .x1 = 120, .y1 = 130},                  // at each border
      {.x0 = 40, .y0 = 0, .x1 = 160, .y1 = 100},                  //
      {.x0 = 233, .y0 = 50, .x1 = 333, .y1 = 150},                //
      {.x0 = 60, .y0 = 120, .x1 = 200, .y1 = 250},                //
      {.x0 = 0, .y0 = 0, .x1 = 333, .y1 = 250},                   // the whole picture
      {.x0 = 5, .y0 = 5, .x1 = 330, .y1 = 247},                   // most of it
      {.x0 = 10, .y0 = 20, .x1 = 11, .y1 = 21},                   // one pixel
      {.x0 = 0, .y0 = 0, .x1 = 1, .y1 = 1},                       // the first
      {.x0 = 332, .y0 = 249, .x1 = 333, .y1 = 250},               // the last
      {.x0 = 100, .y0 = 0, .x1 = 101, .y1 = 250},                 // thin
      {.x0 = 0, .y0 = 100, .x1 = 333, .y1 = 101},                 //
      {.x0 = 17.25F, .y0 = 30.5F, .x1 = 90.75F, .y1 = 201.125F},  // between pixels
      {.x0 = -40, .y0 = -30, .x1 = 100, .y1 = 90},                // reaching out
      {.x0 = 250, .y0 = 200, .x1 = 400, .y1 = 333}};
  for (const CropMode mode : {CropMode::kWarp, CropMode::kSquare}) {
    for (const int padding : {0, 7, 16}) {
      const CropOptions options = {.mode = mode, .size_px = 96, .padding_px = padding};
      for (const Box& box : boxes) {
        CAPTURE(NameOf(mode), padding, box.x0, box.y0, box.x1, box.y1);
        CHECK(LargestDifference(CropOf(image, box, options), NaiveCrop(image, box, options)) <
              kTolerance);
      }
    }
  }
}

TEST_CASE("inside the picture the warp is that of cv::resize") {
  const Image image = NoiseImage(500, 375, 4);
  const cv::Mat bgr(
      image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.bgr.data()));
  const CropOptions options = {.padding_px = 0};
  for (const cv::Rect& rect :
       {cv::Rect(10, 20, 57, 130), cv::Rect(100, 50, 300, 250), cv::Rect(3, 3, 224, 30)}) {
    cv::Mat part, warped;
    bgr(rect).convertTo(part, CV_32FC3);
    cv::resize(part, warped, cv::Size(224, 224), 0, 0, cv::INTER_LINEAR);
    const Box box = {.x0 = float(rect.x),
                     .y0 = float(rect.y),
                     .x1 = float(rect.x + rect.width),
                     .y1 = float(rect.y + rect.height)};
    const std::vector<float> crop = CropOf(image, box, options);
    float largest = 0;
    for (int y = 0; y < 224; ++y) {
      for (int x = 0; x < 224; ++x) {
        for (int c = 0; c < 3; ++c) {
          const float expected = warped.at<cv::Vec3f>(y, x)[c] - options.mean_bgr[std::size_t(c)];
          largest = std::max(largest, std::abs(At(crop, options, c, y, x) - expected));
        }
      }
    }
    CAPTURE(rect.x, rect.y, rect.width, rect.height);
    CHECK(largest < 0.02F);  // cv::resize places its samples in f32: up to 255 x 500 x 2^-23
  }
}

TEST_CASE("a picture of one colour gives that colour minus the mean inside and exactly 0 outside") {
  const Image image = MakeImage(50, 40, 200, 100, 50);
  const CropOptions options;
  // Dilated by 224/192: 46.67 x 46.67 about (20, 20), from -3.33 to 43.33, in whole pixels -3
  // to 43.
  const std::vector<float> crop = CropOf(image, {.x0 = 0, .y0 = 0, .x1 = 40, .y1 = 40}, options);
  const int left = 15;          // 3 x 224 / 46 = 14.6
  const int bottom = 15 + 195;  // 40 x 224 / 46 = 194.8
  for (int y = 0; y < 224; ++y) {
    for (int x = 0; x < 224; ++x) {
      const bool inside = x >= left && y >= left && y < bottom;
      CAPTURE(x, y);
      REQUIRE(At(crop, options, 0, y, x) == (inside ? 200.0F - 104.0F : 0.0F));
      REQUIRE(At(crop, options, 1, y, x) == (inside ? 100.0F - 117.0F : 0.0F));
      REQUIRE(At(crop, options, 2, y, x) == (inside ? 50.0F - 123.0F : 0.0F));
    }
  }
}

TEST_CASE("a box wholly outside the picture gives zeros") {
  const Image image = NoiseImage(50, 40, 5);
  for (const Box& box : {Box{.x0 = 90, .y0 = 5, .x1 = 110, .y1 = 15},
                         Box{.x0 = -1e30F, .y0 = 5, .x1 = -1e29F, .y1 = 15},
                         Box{.x0 = 5, .y0 = 1e9F, .x1 = 9, .y1 = 1e9F + 256}}) {
    const std::vector<float> crop = CropOf(image, box, {});
    CHECK(std::all_of(crop.begin(), crop.end(), [](float value) { return value == 0; }));
  }
}

TEST_CASE("a box far larger than the picture keeps at least one pixel of it") {
  const Image image = MakeImage(4, 500, 255, 255, 255);
  const CropOptions options = {.mode = CropMode::kSquare};
  const std::vector<float> crop = CropOf(image, {.x0 = 0, .y0 = 0, .x1 = 1, .y1 = 500}, options);
  CHECK(std::any_of(crop.begin(), crop.end(), [](float value) { return value != 0; }));
  const std::vector<float> vast =
      CropOf(image, {.x0 = -1e9F, .y0 = -1e9F, .x1 = 1e9F, .y1 = 1e9F}, options);
  CHECK(std::count(vast.begin(), vast.end(), 255.0F - options.mean_bgr[0]) == 1);
}

TEST_CASE("a box narrower than a pixel is the pixel that holds its centre") {
  const Image image = NoiseImage(50, 40, 6);
  const Box sliver = {.x0 = 10.6F, .y0 = 7.6F, .x1 = 10.9F, .y1 = 7.9F};
  const Box pixel = {.x0 = 10, .y0 = 7, .x1 = 11, .y1 = 8};
  const CropOptions options = {.padding_px = 0};
  CHECK(CropOf(image, sliver, options) == CropOf(image, pixel, options));
}

TEST_CASE("square mode keeps the aspect of what it shows") {
  Image image = MakeImage(400, 400, 0, 0, 0);
  for (int y = 180; y < 220; ++y) {  // a square of 40 px in the middle
    for (int x = 180; x < 220; ++x) image.Row(y)[3 * x] = 255;
  }
  const CropOptions options = {.mode = CropMode::kSquare, .padding_px = 0};
  const std::vector<float> crop =
      CropOf(image, {.x0 = 190, .y0 = 100, .x1 = 210, .y1 = 300}, options);
  const auto is_lit = [&](int y, int x) { return At(crop, options, 0, y, x) + 104 > 127; };
  int across = 0, down = 0;
  for (int i = 0; i < 224; ++i) {
    across += is_lit(112, i) ? 1 : 0;
    down += is_lit(i, 112) ? 1 : 0;
  }
  CHECK(across == down);
  CHECK(across == 44);  // 40 x 224 / 200 = 44.8, an even number by symmetry
}

TEST_CASE("the last pixels of a very wide picture can be cropped") {
  const Image image = NoiseImage(200'000, 3, 7);
  const CropOptions options = {.size_px = 32, .padding_px = 0};
  const Box box = {.x0 = 199'968, .y0 = 0, .x1 = 200'000, .y1 = 3};
  CHECK(LargestDifference(CropOf(image, box, options), NaiveCrop(image, box, options)) <
        kTolerance);
}

// The crop in rows with a pitch of their own, as values that the element type stores.
template <class Element>
std::vector<float> RowsOf(const Image& image,
                          const Box& box,
                          const CropOptions& options,
                          kernels::ElementType element) {
  const auto side = static_cast<std::size_t>(options.size_px);
  const std::size_t row_values = 3 * side + 5;
  std::vector<typename Element::Stored> stored(side * row_values, 77);
  Crop(image,
       box,
       options,
       CropRows{.first = std::as_writable_bytes(std::span(stored)).data(),
                .row_bytes = row_values * sizeof(typename Element::Stored),
                .element = element});
  std::vector<float> values;
  for (std::size_t y = 0; y < side; ++y) {
    for (std::size_t i = 0; i < 3 * side; ++i) {
      values.push_back(Element::Load(stored[y * row_values + i], 1));
    }
    for (std::size_t i = 3 * side; i < row_values; ++i) REQUIRE(stored[y * row_values + i] == 77);
  }
  return values;
}

TEST_CASE("rows of every element type hold the crop, u8 with its mean and rounded") {
  const Image image = NoiseImage(333, 250, 8);
  const CropOptions options;
  const std::size_t pixels = 224 * 224;
  for (const Box& box : {Box{20, 30, 150, 90}, Box{-40, 200, 60, 300}, Box{0, 0, 333, 250}}) {
    CAPTURE(box.x0, box.y0);
    const std::vector<float> planes = CropOf(image, box, options);
    const auto f32 = RowsOf<kernels::F32>(image, box, options, kernels::ElementType::kF32);
    const auto bf16 = RowsOf<kernels::Bf16>(image, box, options, kernels::ElementType::kBf16);
    const auto u8 = RowsOf<kernels::U8>(image, box, options, kernels::ElementType::kU8);
    for (std::size_t i = 0; i < 3 * pixels; ++i) {
      const float expected = planes[i % 3 * pixels + i / 3];
      if (f32[i] != expected) FAIL("f32 value " << i);
      if (std::abs(bf16[i] - expected) > std::abs(expected) / 256) FAIL("bf16 value " << i);
      const float pixel = expected + options.mean_bgr[i % 3];
      if (std::abs(u8[i] - pixel) > 0.5001F) FAIL("u8 value " << i);
    }
  }
}

TEST_CASE("boxes with equal keys have equal crops, and boxes with other crops have other keys") {
  const Image image = NoiseImage(120, 90, 9);
  const CropOptions options;
  const Box box = {20, 30, 60, 70};
  const Box nearly = {20.01F, 30, 60, 69.99F};
  const Box other = {21, 30, 61, 70};
  REQUIRE(KeyOfCrop(image, box, options) == KeyOfCrop(image, nearly, options));
  REQUIRE(CropOf(image, box, options) == CropOf(image, nearly, options));
  REQUIRE(KeyOfCrop(image, box, options) != KeyOfCrop(image, other, options));
}

TEST_CASE("crops need no more of a picture than the smallest proposal fills them with") {
  const SelectiveSearchOptions proposals = FastSelectiveSearch();
  // 20 of 500 px fill the inner 192 px of a crop.
  REQUIRE(SideThatCropsNeed({}, proposals) == 4800);
  SelectiveSearchOptions any_size = proposals;
  any_size.min_side_px = 0;
  REQUIRE_FALSE(SideThatCropsNeed({}, any_size).has_value());
  SelectiveSearchOptions own_size = proposals;
  own_size.width_px = 0;
  REQUIRE_FALSE(SideThatCropsNeed({}, own_size).has_value());
}

TEST_CASE("crop options outside their bounds are refused by name") {
  CHECK_NOTHROW(CropOptions{}.Validate());
  CHECK_THROWS_WITH((CropOptions{.size_px = 0}.Validate()), Catch::Contains("size_px"));
  CHECK_THROWS_WITH((CropOptions{.padding_px = -1}.Validate()), Catch::Contains("padding_px"));
  CHECK_THROWS_WITH((CropOptions{.padding_px = 112}.Validate()), Catch::Contains("padding_px"));
  CHECK_THROWS_AS(CropOf(NoiseImage(9, 9, 8), Box{}, {}), ContractViolation);
  CHECK_THROWS_AS(CropOf(Image{}, {.x0 = 0, .y0 = 0, .x1 = 1, .y1 = 1}, {}), ContractViolation);
}

TEST_CASE("crop modes have names that read back") {
  for (const CropMode mode : {CropMode::kWarp, CropMode::kSquare}) {
    CHECK(CropModeFromName(NameOf(mode)) == mode);
  }
  CHECK_THROWS_WITH(CropModeFromName("wrap"), Catch::Contains("warp or square"));
}

}  // namespace
}  // namespace deeper
