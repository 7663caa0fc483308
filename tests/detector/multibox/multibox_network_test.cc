#include "detector/multibox/multibox_network.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "backbone/execution/frozen_part.h"
#include "backbone/network.h"
#include "backbone/precision.h"
#include "backbone/rows.h"
#include "backbone/training/reference_training.h"
#include "backbone/training/training_worker.h"
#include "core/error.h"
#include "core/random.h"
#include "detector/multibox/multibox.h"
#include "tests/detector/random_multibox.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

constexpr std::size_t kBoxes = 6;

Image NoisePicture(int width, int height, std::uint64_t seed) {
  Image image = MakeImage(width, height, 0, 0, 0);
  Random random(seed);
  for (std::uint8_t& value : image.bgr) value = static_cast<std::uint8_t>(random.Below(256));
  return image;
}

// The picture as the network sees it.
Tensor CropOf(const MultiBox& multibox, const Image& image) {
  Tensor crop = MakeTensor({1, 3, kCropSide, kCropSide});
  Crop(image,
       {.x0 = 0,
        .y0 = 0,
        .x1 = static_cast<float>(image.width),
        .y1 = static_cast<float>(image.height)},
       MultiBoxCrop(multibox.mean_bgr),
       crop.data);
  return crop;
}

double LargestOf(const std::vector<float>& values) {
  double largest = 0;
  for (const float value : values)
    largest = std::max(largest, std::abs(static_cast<double>(value)));
  return largest;
}

TEST_CASE("the network in use gives what the network in training does, in both precisions") {
  const MultiBox multibox = test::RandomMultiBox(kBoxes, 1);
  const Image image = NoisePicture(150, 90, 2);
  const Tensor crop = CropOf(multibox, image);
  for (const Precision precision : {Precision::kF32, Precision::kBf16}) {
    if (!ProcessorRuns(precision)) continue;
    CAPTURE(NameOf(precision));
    const TrainingPlanOptions plan = {
        .frozen = "inception_4e", .auxiliary_heads = false, .main_head = MainHead::kMap};
    TrainingNetwork training({.plan = PlanTraining(plan),
                              .precision = precision,
                              .outputs = MultiBoxOutputs(kBoxes),
                              .micro_batch = 1});
    training.Load(multibox.weights);
    TrainingNetwork::Worker worker(training);
    const FrozenPart frozen(multibox.weights, precision, plan.frozen);
    FrozenPart::Buffers buffers(frozen);
    frozen.Run(crop, buffers, worker.Input(0));
    const std::vector<float> expected = worker.Score(1);

    const std::vector<float> found =
        MultiBoxNetwork(multibox, precision).Outputs(image, WholeImageBox(image));
    REQUIRE(found.size() == expected.size());
    // The head computes in f32 here. In training it rounds to the training's precision after each
    // layer.
    const double tolerance = precision == Precision::kF32 ? 1e-4 : 2e-2;
    const double size = LargestOf(expected);
    REQUIRE(size > 0);
    for (std::size_t i = 0; i < found.size(); ++i)
      CHECK(static_cast<double>(found[i]) ==
            Approx(static_cast<double>(expected[i])).margin(tolerance * size));
  }
}

TEST_CASE("proposals are ranked boxes in the picture, for pictures of any shape") {
  const MultiBox multibox = test::RandomMultiBox(kBoxes, 1);
  for (const MultiBoxViews views : {MultiBoxViews::kWhole, MultiBoxViews::kParts}) {
    const MultiBoxNetwork network(multibox, Precision::kF32, views);
    for (const auto& [width, height] : {std::pair{1, 1}, {1, 300}, {640, 480}}) {
      CAPTURE(NameOf(views), width, height);
      const std::vector<Proposal> proposals = network.Propose(NoisePicture(width, height, 3));
      REQUIRE(!proposals.empty());
      CHECK(proposals.size() <= kBoxes);
      for (std::size_t i = 0; i < proposals.size(); ++i) {
        CHECK(proposals[i].rank == static_cast<int>(i));
        CHECK(ClipToImage(proposals[i].box, width, height) == proposals[i].box);
        CHECK(!proposals[i].box.IsEmpty());
      }
    }
  }
}

TEST_CASE("what is found in parts of a picture lies where the parts are") {
  const MultiBox multibox = test::RandomMultiBox(kBoxes, 1);
  const MultiBoxNetwork network(multibox, Precision::kF32, MultiBoxViews::kParts);
  const Image image = NoisePicture(200, 100, 3);
  std::vector<ScoredUnitBox> boxes;
  for (const Box& part : PartsOf(MultiBoxViews::kParts, 200, 100)) {
    Image cut = MakeImage(static_cast<int>(part.Width()), static_cast<int>(part.Height()), 0, 0, 0);
    for (int y = 0; y < cut.height; ++y) {
      const std::uint8_t* const from =
          image.Row(y + static_cast<int>(part.y0)) + 3 * static_cast<std::ptrdiff_t>(part.x0);
      std::copy_n(from, 3 * cut.width, cut.Row(y));
    }
    const auto decoded = DecodeMultiBox(multibox.priors, network.Outputs(cut, WholeImageBox(cut)));
    for (const ScoredUnitBox& box : BoxesOfPicture(decoded, part, 200, 100)) boxes.push_back(box);
  }
  CHECK(network.Propose(image) == MultiBoxProposals(MostConfident(boxes, kBoxes), 200, 100));
}

TEST_CASE("there is no MultiBox in int8; the fastest other precision stands in") {
  CHECK(MultiBoxPrecision(Precision::kF32) == Precision::kF32);
  CHECK(MultiBoxPrecision(Precision::kBf16) == Precision::kBf16);
  CHECK(MultiBoxPrecision(Precision::kInt8) == FastestPrecision(false));
}

TEST_CASE("a MultiBox with missing, extra, misshapen or infinite values is refused by name") {
  const auto refused = [](auto damage, const char* what) {
    MultiBox multibox = test::RandomMultiBox(kBoxes, 1);
    damage(multibox);
    CHECK_THROWS_WITH(ValidateMultiBox(multibox, "file"),
                      Catch::StartsWith("file: ") && Catch::Contains(what));
  };
  refused([](MultiBox& m) { m.weights.erase("map_head/fc/bias"); }, "lacks 'map_head/fc/bias'");
  refused([](MultiBox& m) { m.weights["x"] = MakeTensor({1, 1, 1, 1}); }, "blobs");
  refused([](MultiBox& m) { m.priors.pop_back(); }, "map_head/classifier/weight");
  refused([](MultiBox& m) { m.priors.clear(); }, "no priors");
  refused([](MultiBox& m) { m.priors[1].deviation[2] = 0; }, "deviation");
  refused([](MultiBox& m) { m.weights.at("conv1/7x7_s2/bias").data[3] = HUGE_VALF; },
          "conv1/7x7_s2/bias");
}

}  // namespace
}  // namespace deeper
