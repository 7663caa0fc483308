#include "core/pictures/annotated_pictures.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <set>
#include <string>
#include <vector>

#include "core/files/file.h"
#include "core/pictures/read_image.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace deeper;

namespace {

// A JPEG of 48 x 32 stored pixels, black but for white in `stored`, with this EXIF orientation.
std::vector<std::uint8_t> MarkedJpeg(const cv::Rect& stored, int orientation) {
  cv::Mat pixels(32, 48, CV_8UC3, cv::Scalar(0, 0, 0));
  pixels(stored) = cv::Scalar(255, 255, 255);
  std::vector<std::uint8_t> jpeg;
  REQUIRE(cv::imencode(".jpg", pixels, jpeg, {cv::IMWRITE_JPEG_QUALITY, 100}));
  std::string segment(
      "\xFF\xE1\x00\x22"
      "Exif\x00\x00"
      "MM\x00\x2A\x00\x00\x00\x08"
      "\x00\x01"
      "\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"
      "\x00\x00\x00\x00",
      36);
  segment[29] = static_cast<char>(orientation);
  jpeg.insert(jpeg.begin() + 2, segment.begin(), segment.end());
  return jpeg;
}

struct OnePicture {
  test::TemporaryDirectory directory;
  Dataset dataset;

  OnePicture(int width, int height, int orientation) {
    WriteFileWhole(directory / "p.jpg", MarkedJpeg({8, 16, 16, 8}, orientation));
    dataset.classes = ClassTableOf({"cat"});
    dataset.images.push_back(
        {.id = "p",
         .image_path = directory / "p.jpg",
         .width = width,
         .height = height,
         .annotations = {{.box = {.x0 = 8, .y0 = 16, .x1 = 24, .y1 = 24}, .area_px = 100}}});
  }
};

}  // namespace

TEST_CASE(
    "boxes of a picture that was annotated as stored lie on what they did, however it is turned") {
  const int orientation = GENERATE(5, 6, 7, 8);
  CAPTURE(orientation);
  OnePicture one(48, 32, orientation);
  const MetPictures met = MeetPictures(one.dataset);
  REQUIRE(met.turned.size() == 1);
  CHECK(met.turned[0].orientation == orientation);
  CHECK(met.mismatched.empty());
  const AnnotatedImage& image = one.dataset.images.at(0);
  CHECK(image.width == 32);
  CHECK(image.height == 48);
  // White inside the box and black around it: 2 pixels are what compression blurs.
  const Image upright = ReadImage(image.image_path);
  const Box& box = image.annotations.at(0).box;
  for (int y = 0; y < upright.height; ++y) {
    for (int x = 0; x < upright.width; ++x) {
      const auto inside = [&](float by) {
        const auto px = static_cast<float>(x);
        const auto py = static_cast<float>(y);
        return px >= box.x0 + by && px + 1 <= box.x1 - by && py >= box.y0 + by &&
               py + 1 <= box.y1 - by;
      };
      CAPTURE(x, y);
      if (inside(2)) CHECK(upright.Row(y)[3 * x] > 200);
      if (!inside(-2)) CHECK(upright.Row(y)[3 * x] < 50);
    }
  }
}

TEST_CASE("every orientation turns a box as it turns the pixels") {
  const Box stored{.x0 = 8, .y0 = 16, .x1 = 24, .y1 = 24};
  struct Case {
    int orientation;
    Box upright;
  };
  for (const auto& [orientation, upright] : {Case{1, stored},
                                             Case{2, {.x0 = 24, .y0 = 16, .x1 = 40, .y1 = 24}},
                                             Case{3, {.x0 = 24, .y0 = 8, .x1 = 40, .y1 = 16}},
                                             Case{4, {.x0 = 8, .y0 = 8, .x1 = 24, .y1 = 16}},
                                             Case{6, {.x0 = 8, .y0 = 8, .x1 = 16, .y1 = 24}},
                                             Case{8, {.x0 = 16, .y0 = 24, .x1 = 24, .y1 = 40}}}) {
    CAPTURE(orientation);
    CHECK(TurnedBox(stored, orientation, 48, 32) == upright);
  }
}

TEST_CASE("a picture annotated upright is left as it is, and a size that is missing is filled in") {
  OnePicture upright(32, 48, 6);
  const Dataset before = upright.dataset;
  CHECK(MeetPictures(upright.dataset).turned.empty());
  CHECK(upright.dataset == before);
  OnePicture unsized(0, 0, 6);
  MeetPictures(unsized.dataset);
  CHECK(unsized.dataset.images.at(0).width == 32);
  CHECK(unsized.dataset.images.at(0).height == 48);
  CHECK(unsized.dataset.images.at(0).annotations == before.images.at(0).annotations);
}

TEST_CASE(
    "a picture of another size is left out by name, or its boxes are scaled where it keeps its "
    "shape") {
  OnePicture left_out(96, 64, 1);
  left_out.dataset.images.push_back({.id = "q", .image_path = {}, .width = 9, .height = 9});
  left_out.dataset.blacklist = {{0, ClassAt(0)}, {1, ClassAt(0)}};
  const MetPictures met = MeetPictures(left_out.dataset);
  REQUIRE(met.mismatched.size() == 1);
  CHECK_THAT(MismatchText(met.mismatched[0]),
             Catch::Contains("p.jpg") && Catch::Contains("96 x 64 pixels, found 48 x 32"));
  REQUIRE(left_out.dataset.images.size() == 1);
  CHECK(left_out.dataset.images[0].id == "q");
  CHECK(left_out.dataset.blacklist == std::set<std::pair<std::size_t, ClassId>>{{0, ClassAt(0)}});

  OnePicture scaled(96, 64, 1);
  CHECK(MeetPictures(scaled.dataset, {.rescales = true}).rescaled == 1);
  CHECK(scaled.dataset.images.at(0).annotations.at(0).box ==
        Box{.x0 = 4, .y0 = 8, .x1 = 12, .y1 = 12});
  CHECK(scaled.dataset.images.at(0).annotations.at(0).area_px == 25);
  OnePicture misshapen(96, 32, 1);
  CHECK(MeetPictures(misshapen.dataset, {.rescales = true}).mismatched.size() == 1);
  OnePicture kept(96, 64, 1);
  CHECK(MeetPictures(kept.dataset, {.keeps_all = true}).mismatched.size() == 1);
  CHECK(kept.dataset.images.size() == 1);
}

TEST_CASE("pictures without a file, or with one that cannot be read, stay for who reads them") {
  OnePicture one(96, 64, 1);
  WriteFileWhole(one.directory / "p.jpg", std::string_view("no picture"));
  one.dataset.images.push_back({.id = "q", .image_path = {}, .width = 9, .height = 9});
  CHECK(MeetPictures(one.dataset).mismatched.empty());
  CHECK(one.dataset.images.size() == 2);
}
