#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/files/file.h"
#include "core/image.h"
#include "core/random.h"
#include "eval/drawing/draw.h"

namespace deeper::test {

inline constexpr int kSide = 128;
inline constexpr int kPictures = 6;

// Edges between JPEG's blocks leave no ringing in them, in which Selective Search would propose
// hundreds of boxes that every test then runs the network on.
inline constexpr int kBlock = 16;

// Writes one grey picture with a red and a blue rectangle, and its annotation.
inline void WritePicture(const std::filesystem::path& root, const std::string& id, Random& random) {
  Image image = MakeImage(kSide, kSide, 120, 120, 120);
  std::string objects;
  const auto add = [&](const char* name, int left, std::size_t channel) {
    const int x0 = left + kBlock * static_cast<int>(random.Below(2));
    const int y0 = kBlock * (1 + static_cast<int>(random.Below(3)));
    const int width = kBlock * (2 + static_cast<int>(random.Below(2)));
    const int height = kBlock * (2 + static_cast<int>(random.Below(3)));
    for (int y = y0; y < y0 + height; ++y) {
      for (int x = x0; x < x0 + width; ++x) {
        std::uint8_t* pixel = image.Row(y) + 3 * x;
        for (std::size_t c = 0; c < 3; ++c) pixel[c] = c == channel ? 240 : 20;
      }
    }
    objects += fmt::format(
        "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</"
        "ymax></bndbox></object>",
        name,
        x0 + 1,
        y0 + 1,
        x0 + width,
        y0 + height);
  };
  add("red", 0, 2);
  add("blue", 4 * kBlock, 0);
  WriteFileWhole(root / "JPEGImages" / (id + ".jpg"), EncodeJpeg(image, 95));
  WriteFileWhole(
      root / "Annotations" / (id + ".xml"),
      fmt::format("<annotation><size><width>{0}</width><height>{0}</height></size>{1}</annotation>",
                  kSide,
                  objects));
}

// A data set in VOC layout with the list "train".
inline std::filesystem::path WriteDataSet(const std::filesystem::path& root) {
  Random random(7);
  std::string list;
  for (int i = 0; i < kPictures; ++i) {
    const std::string id = fmt::format("{:03}", i);
    WritePicture(root, id, random);
    list += id + "\n";
  }
  WriteFileWhole(root / "ImageSets/Main/train.txt", list);
  return root;
}

}  // namespace deeper::test
