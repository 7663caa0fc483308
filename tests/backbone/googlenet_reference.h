#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "backbone/googlenet.h"
#include "backbone/network.h"
#include "backbone/tensor.h"
#include "core/files/file.h"
#include "core/text/parse.h"
#include "tests/support/catch.h"

namespace deeper::test {

// Two pictures with the probabilities that Caffe computed with BVLC GoogLeNet from the same bytes.
struct ReferencePicture {
  const char* number;
  std::size_t top_class;
};
inline constexpr ReferencePicture kReferencePictures[] = {{"0", 428}, {"1", 452}};
inline constexpr std::size_t kReferenceClasses = 1000;

// The raw bytes, interleaved BGR, as they are: Caffe saw them without a mean subtracted.
inline Tensor ReadReferenceCrop(const std::filesystem::path& data,
                                const ReferencePicture& picture) {
  const std::vector<std::uint8_t> bytes =
      ReadFile(data / "googlenet_reference" / (std::string("picture_") + picture.number + ".bgr"));
  Tensor crop = MakeTensor({1, kInputChannels, kCropSide, kCropSide});
  REQUIRE(bytes.size() == crop.data.size());
  const std::size_t pixels = kCropSide * kCropSide;
  for (std::size_t p = 0; p < pixels; ++p) {
    for (std::size_t c = 0; c < kInputChannels; ++c)
      crop.data[c * pixels + p] = static_cast<float>(bytes[kInputChannels * p + c]);
  }
  return crop;
}

inline std::vector<double> ReadReferenceProbabilities(const std::filesystem::path& data,
                                                      const ReferencePicture& picture) {
  const std::string text = ReadTextFile(data / "googlenet_reference" /
                                        (std::string("probabilities_") + picture.number + ".txt"));
  std::vector<double> probabilities;
  for (const std::string_view line : SplitLines(text)) {
    if (!line.empty()) probabilities.push_back(ParseDouble(line).value());
  }
  REQUIRE(probabilities.size() == kReferenceClasses);
  return probabilities;
}

}  // namespace deeper::test
