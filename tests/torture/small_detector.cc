#include "tests/torture/small_detector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "backbone/files/weight_files.h"
#include "core/files/file.h"
#include "core/image.h"
#include "core/random.h"
#include "detector/model/model.h"
#include "detector/model/model_file.h"
#include "eval/drawing/draw.h"
#include "tests/backbone/random_tensor.h"
#include "tools/options/network_options.h"

namespace deeper::test {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kFeatures = 1024;

Model SmallModel(int proposals, SmallKind kind) {
  Model model;
  model.classes = ClassTableOf({"red", "blue"});
  model.backbone = RandomWeights(1);
  model.backbone_fingerprint = FingerprintOf(*model.backbone);
  model.backbone_name = "random";
  model.proposals = DefaultProposals();
  model.proposals.max_boxes = proposals;
  model.proposals.width_px = 128;  // for speed
  model.classifiers.feature_dim = kFeatures;
  model.classifiers.weights =
      RandomTensor({model.classes.Size(), kFeatures, 1, 1}, 2, -0.1F, 0.1F).data;
  model.classifiers.biases.assign(model.classes.Size(), 0);
  model.min_score = -1000;
  if (kind == SmallKind::kWholePictures) {
    constexpr std::size_t kParts = 9;
    constexpr std::size_t kChannels = 832;
    model.picture_scale = {.short_side_px = 96, .long_side_px = 160};
    model.ranker = RegionRanker{.weights = std::vector<float>(kParts * kChannels, 0.01F)};
    model.max_regions = std::max(1, proposals / 2);
  }
  return model;
}

}  // namespace

void WriteSmallPictures(const fs::path& directory, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    Random random(i);
    Image image = MakeImage(kSmallSide, kSmallSide, 110, 120, 130);
    for (int rectangle = 0; rectangle < 3; ++rectangle) {
      const int x0 = static_cast<int>(random.Below(kSmallSide / 2));
      const int y0 = static_cast<int>(random.Below(kSmallSide / 2));
      const int side = 20 + static_cast<int>(random.Below(4));
      const auto colour = static_cast<std::uint8_t>(random.Below(256));
      for (int y = y0; y < y0 + side; ++y) {
        for (int x = x0; x < x0 + side; ++x) image.Row(y)[3 * x + rectangle] = colour;
      }
    }
    WriteFileWhole(directory / fmt::format("p{:03}.jpg", i), EncodeJpeg(image, 95));
  }
}

void WriteSmallDetector(const fs::path& directory,
                        std::size_t pictures,
                        int proposals,
                        SmallKind kind) {
  WriteSmallPictures(directory / "pictures", pictures);
  SaveModel(SmallModel(proposals, kind), directory / "small.safetensors");
}

SmallDetector::SmallDetector(std::size_t picture_count, int proposals, SmallKind kind)
    : pictures(directory / "pictures"), model(directory / "small.safetensors") {
  WriteSmallDetector(directory.path(), picture_count, proposals, kind);
}

std::vector<std::string> SmallDetector::Detect(const fs::path& output,
                                               const std::vector<std::string>& more) const {
  std::vector<std::string> words = {"detect",
                                    pictures.string(),
                                    "--model",
                                    model.string(),
                                    "--precision",
                                    "f32",
                                    "--output",
                                    output.string()};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::map<std::string, std::string> FilesBelow(const fs::path& directory) {
  std::map<std::string, std::string> files;
  if (!fs::exists(directory)) return files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) {
      files[entry.path().lexically_relative(directory).string()] = ReadTextFile(entry.path());
    }
  }
  return files;
}

}  // namespace deeper::test
