#include "tools/training_features.h"

#include <algorithm>
#include <functional>

#include "backbone/network.h"
#include "backbone/network_family.h"
#include "backbone/weights.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"
#include "tests/tools/coloured_data_set.h"
#include "tools/data_source.h"
#include "tools/holdout.h"
#include "tools/network_options.h"

namespace deeper::tools {
namespace {

TEST_CASE("a held-out picture keeps all its proposals, a training picture a sample of them") {
  const test::TemporaryDirectory directory;
  DataSource source;
  source.data = "voc:" + test::WriteDataSet(directory / "data").string();
  source.set = "train";
  const Dataset dataset = ReadDataSource(source);
  const Network network(test::RandomWeights(1), {});
  SelectiveSearchOptions proposals = DefaultProposals();
  proposals.max_boxes = 8;
  TrainingFeatures how{.network = &network,
                       .backbone_fingerprint = "of a test",
                       .crop = {},
                       .proposals = proposals,
                       .max_proposals = 3,
                       .mirrored_truth = false,
                       .cache = directory / "cache"};
  const ExtractedImages sampled = ExtractTrainingFeatures(dataset, how);
  how.holdout = 0.5;
  const ExtractedImages extracted = ExtractTrainingFeatures(dataset, how);

  REQUIRE(sampled.images.size() == dataset.images.size());
  REQUIRE(extracted.images.size() == dataset.images.size());
  std::size_t held_out = 0;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const RegionFeatures& few = sampled.images[i].regions;
    const RegionFeatures& regions = extracted.images[i].regions;
    CHECK(few.boxes.size() == dataset.images[i].annotations.size() + 3);
    if (IsHeldOut(dataset.images[i].id, how.holdout)) {
      ++held_out;
      CHECK(regions.boxes.size() > few.boxes.size());
    } else {
      CHECK(regions.boxes == few.boxes);
      CHECK(regions.features == few.features);
    }
  }
  CHECK(held_out > 0);
  CHECK(held_out < dataset.images.size());
}

TEST_CASE(
    "features of several networks are those that each gives alone, however they are grouped") {
  const test::TemporaryDirectory directory;
  DataSource source;
  source.data = "voc:" + test::WriteDataSet(directory / "data").string();
  source.set = "train";
  const Dataset dataset = ReadDataSource(source);
  const Weights weights = test::RandomWeights(1);
  Weights tuned = weights;
  for (auto& [name, tensor] : tuned) {
    if (name.starts_with("inception_5b"))
      std::ranges::transform(tensor.data, tensor.data.begin(), std::negate());
  }
  const Network network(weights, {});
  const Network tuned_network(tuned, {});
  SelectiveSearchOptions proposals = DefaultProposals();
  proposals.max_boxes = 4;
  const auto features =
      [&](const Network& of, const Weights& its, CropMode mode, const std::string& cache) {
        return TrainingFeatures{.network = &of,
                                .backbone_fingerprint = FingerprintOf(its),
                                .row_fingerprints = RowFingerprints(its, of.options()),
                                .crop = {.mode = mode},
                                .proposals = proposals,
                                .max_proposals = 2,
                                .context = true,
                                .cache = directory / cache};
      };
  const auto all_in = [&](const std::string& where) {
    return std::vector<TrainingFeatures>{
        features(network, weights, CropMode::kWarp, where + "-1"),
        features(tuned_network, tuned, CropMode::kWarp, where + "-2"),
        features(tuned_network, tuned, CropMode::kSquare, where + "-3")};
  };
  const std::vector<TrainingFeatures> together = all_in("together");
  // A part of one network's is there already.
  FillTrainingFeatures(dataset, {0}, together[1]);
  FillTrainingFeaturesForAll(dataset, together);
  const std::vector<TrainingFeatures> alone = all_in("alone");
  std::vector<std::vector<float>> first_features;
  for (std::size_t i = 0; i < alone.size(); ++i) {
    CAPTURE(i);
    const ExtractedImages expected = ExtractTrainingFeatures(dataset, alone[i]);
    const ExtractedImages found = ExtractTrainingFeatures(dataset, together[i]);
    REQUIRE(found.images.size() == dataset.images.size());
    REQUIRE(found.mirrored.size() == dataset.images.size());
    for (std::size_t k = 0; k < found.images.size(); ++k) {
      CHECK(found.images[k].regions == expected.images[k].regions);
      CHECK(found.mirrored[k].regions == expected.mirrored[k].regions);
    }
    first_features.push_back(found.images[0].regions.features);
  }
  CHECK(first_features[0] != first_features[1]);
  CHECK(first_features[1] != first_features[2]);
}

}  // namespace
}  // namespace deeper::tools
