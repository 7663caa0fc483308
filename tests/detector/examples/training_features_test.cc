#include "detector/examples/training_features.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "backbone/network.h"
#include "backbone/network_family.h"
#include "backbone/precision.h"
#include "backbone/weights.h"
#include "core/files/file.h"
#include "core/pictures/read_image.h"
#include "detector/examples/data_content.h"
#include "detector/examples/data_split.h"
#include "detector/examples/kept_proposals.h"
#include "detector/heads/box_regression.h"
#include "detector/heads/region_features.h"
#include "detector/heads/training_images.h"
#include "eval/formats/voc.h"
#include "tests/backbone/random_tensor.h"
#include "tests/detector/random_multibox.h"
#include "tests/support/catch.h"
#include "tests/support/coloured_data_set.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

const Monitor kSilent;

// The training pictures of a small data set, which is written into the directory.
Dataset TrainingSetIn(const test::TemporaryDirectory& directory) {
  return ReadVocDataset(test::WriteDataSet(directory / "data"), "train", {}).dataset;
}

SelectiveSearchOptions FewProposals(int count) {
  SelectiveSearchOptions proposals = DefaultProposals();
  proposals.max_boxes = count;
  return proposals;
}

// A network of random weights and a small data set, with features of few proposals.
struct Extraction {
  test::TemporaryDirectory directory;
  Dataset dataset = TrainingSetIn(directory);
  Network network{test::RandomWeights(1), {}};
  TrainingFeatures how = {.source = {.network = &network,
                                     .backbone_fingerprint = "of a test",
                                     .crop = {},
                                     .proposals = FewProposals(8),
                                     .max_proposals = 3,
                                     .cache = directory / "cache"},
                          .wanted = {.mirrored_truth = false}};
};

TEST_CASE("a held-out picture keeps all its proposals, a training picture a sample of them") {
  Extraction extraction;
  const Dataset& dataset = extraction.dataset;
  TrainingFeatures& how = extraction.how;
  const ExtractedImages sampled = ExtractTrainingFeatures(dataset, how, kSilent);
  how.source.holdout = Holdout(dataset, 0.5);
  const ExtractedImages extracted = ExtractTrainingFeatures(dataset, how, kSilent);

  REQUIRE(sampled.images.size() == dataset.images.size());
  REQUIRE(extracted.images.size() == dataset.images.size());
  std::size_t held_out = 0;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const RegionFeatures& few = sampled.images[i].regions;
    const RegionFeatures& regions = extracted.images[i].regions;
    CHECK(few.boxes.size() == dataset.images[i].annotations.size() + 3);
    if (how.source.holdout.Contains(dataset.images[i].id)) {
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
    "features of several networks are those that each gives alone, however they are grouped, and "
    "each one's box regression moves their boxes") {
  const test::TemporaryDirectory directory;
  const Dataset dataset = TrainingSetIn(directory);
  const Weights weights = test::RandomWeights(1);
  Weights tuned = weights;
  for (auto& [name, tensor] : tuned) {
    if (name.starts_with("inception_5b"))
      std::ranges::transform(tensor.data, tensor.data.begin(), std::negate());
  }
  const Network network(weights, {});
  const Network tuned_network(tuned, {});
  const auto features =
      [&](const Network& of, const Weights& its, CropMode mode, const std::string& cache) {
        return TrainingFeatures{.source = {.network = &of,
                                           .backbone_fingerprint = FingerprintOf(its),
                                           .row_fingerprints = RowFingerprints(its, of.options()),
                                           .crop = {.mode = mode},
                                           .proposals = FewProposals(4),
                                           .max_proposals = 2,
                                           .holdout = Holdout(dataset, 0.5),
                                           .cache = directory / cache},
                                .wanted = {.context = true}};
      };
  std::vector<BoxRegression> regressions;
  for (const float weight : {1e-3F, 2e-3F, 3e-3F})
    regressions.push_back(
        {.feature_dim = kProfileDim, .weights = std::vector<float>(4 * (kProfileDim + 1), weight)});
  const auto all_in = [&](const std::string& where) {
    std::vector<TrainingFeatures> all = {
        features(network, weights, CropMode::kWarp, where + "-1"),
        features(tuned_network, tuned, CropMode::kWarp, where + "-2"),
        features(tuned_network, tuned, CropMode::kSquare, where + "-3")};
    for (std::size_t i = 0; i < all.size(); ++i) all[i].wanted.box_regression = &regressions[i];
    return all;
  };
  const std::vector<TrainingFeatures> together = all_in("together");
  // Some of one network's features are there already.
  FillTrainingFeatures(dataset, {0}, together[1], kSilent);
  FillTrainingFeaturesForAll(dataset, together, kSilent);
  const std::vector<TrainingFeatures> alone = all_in("alone");
  std::vector<std::vector<float>> first_features;
  std::vector<std::vector<float>> first_offsets;
  for (std::size_t i = 0; i < alone.size(); ++i) {
    CAPTURE(i);
    const ExtractedImages expected = ExtractTrainingFeatures(dataset, alone[i], kSilent);
    const ExtractedImages found = ExtractTrainingFeatures(dataset, together[i], kSilent);
    REQUIRE(found.images.size() == dataset.images.size());
    REQUIRE(found.mirrored.size() == dataset.images.size());
    for (std::size_t k = 0; k < found.images.size(); ++k) {
      CHECK(found.images[k].regions.offsets.size() == 4 * found.images[k].regions.boxes.size());
      CHECK(found.images[k].regions == expected.images[k].regions);
      CHECK(found.mirrored[k].regions == expected.mirrored[k].regions);
    }
    first_features.push_back(found.images[0].regions.features);
    first_offsets.push_back(found.images[0].regions.offsets);
  }
  CHECK(first_offsets[0] != first_offsets[1]);
  CHECK(first_offsets[1] != first_offsets[2]);
  CHECK(first_features[0] != first_features[1]);
  CHECK(first_features[1] != first_features[2]);
}

TEST_CASE("box regression is taught by pictures that are not held out, and moves those that are") {
  Extraction extraction;
  const Dataset& dataset = extraction.dataset;
  TrainingFeatures& how = extraction.how;
  how.source.max_proposals = 1;
  how.source.holdout = Holdout(dataset, 0.5);
  how.wanted.features = false;
  how.wanted.to_move = BoxesToMove{.min_iou = 0.1, .count = 2};
  const ExtractedImages taught = ExtractTrainingFeatures(dataset, how, kSilent);
  CHECK(taught.images.empty());
  REQUIRE(taught.positions.size() == dataset.images.size());
  std::vector<std::size_t> training;
  for (std::size_t i = 0; i < dataset.images.size(); ++i)
    if (!how.source.holdout.Contains(dataset.images[i].id)) training.push_back(i);
  REQUIRE(taught.to_move.size() == training.size());
  std::size_t boxes = 0;
  for (std::size_t k = 0; k < training.size(); ++k) {
    const BoxTrainingImage& image = taught.to_move[k];
    CHECK(image.truth == dataset.images[training[k]].annotations);
    CHECK(image.proposals.feature_dim == kProfileDim);
    CHECK(image.proposals.boxes.size() <= 2);
    boxes += image.proposals.boxes.size();
  }
  REQUIRE(boxes > 0);

  const BoxRegression regression = TrainBoxRegression(
      taught.to_move, dataset.classes.Size(), {.min_iou = 0.1}, /*workers=*/1, {});
  how.wanted.features = true;
  how.wanted.to_move.reset();
  how.wanted.box_regression = &regression;
  const ExtractedImages moved = ExtractTrainingFeatures(dataset, how, kSilent);
  REQUIRE(moved.images.size() == dataset.images.size());
  for (const TrainingImage& image : moved.images)
    CHECK(image.regions.offsets.size() == 4 * image.regions.boxes.size());

  // Another box regression moves held-out pictures' boxes anew. The features kept of the others
  // stay.
  BoxRegression other = regression;
  for (float& weight : other.weights) weight = -weight;
  how.wanted.box_regression = &other;
  const ExtractedImages again = ExtractTrainingFeatures(dataset, how, kSilent);
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const bool is_held_out = how.source.holdout.Contains(dataset.images[i].id);
    CHECK((again.images[i].regions.offsets == moved.images[i].regions.offsets) == !is_held_out);
    CHECK(again.images[i].regions.features == moved.images[i].regions.features);
  }
}

TEST_CASE("a MultiBox proposes for held-out pictures, and another one anew") {
  Extraction extraction;
  const Dataset& dataset = extraction.dataset;
  TrainingFeatures& how = extraction.how;
  how.source.holdout = Holdout(dataset, 0.5);
  const ExtractedImages searched = ExtractTrainingFeatures(dataset, how, kSilent);
  std::vector<std::vector<Box>> last(dataset.images.size());
  for (const std::uint64_t seed : {1U, 2U}) {
    CAPTURE(seed);
    const Proposer proposer(how.source.proposals,
                            test::RandomMultiBox(6, seed),
                            Precision::kF32,
                            MultiBoxViews::kParts);
    how.source.held_out_proposer = &proposer;
    const ExtractedImages extracted = ExtractTrainingFeatures(dataset, how, kSilent);
    REQUIRE(extracted.images.size() == dataset.images.size());
    for (std::size_t i = 0; i < dataset.images.size(); ++i) {
      const AnnotatedImage& annotated = dataset.images[i];
      const std::vector<Box>& boxes = extracted.images[i].regions.boxes;
      if (!how.source.holdout.Contains(annotated.id)) {
        CHECK(boxes == searched.images[i].regions.boxes);
        continue;
      }
      std::vector<Box> expected;
      for (const Annotation& annotation : annotated.annotations) expected.push_back(annotation.box);
      for (const Proposal& proposal : proposer.Propose(ReadImage(annotated.image_path)).proposals)
        expected.push_back(proposal.box);
      CHECK(boxes == expected);
      CHECK(boxes != last[i]);
      last[i] = boxes;
    }
  }
}

TEST_CASE("of how many boxes of a picture box regression learns depends on the pictures alone") {
  CHECK(BoxesToMoveOf(0, 0.6).count == 32);
  CHECK(BoxesToMoveOf(100, 0.6).count == 32);
  CHECK(BoxesToMoveOf(1000, 0.6).count == 20);
  CHECK(BoxesToMoveOf(1000000, 0.6).count == 4);
  CHECK(BoxesToMoveOf(1000, 0.7).min_iou == 0.7);
}

TEST_CASE("a picture that is replaced under its name is proposed and extracted anew, alone") {
  Extraction extraction;
  const Dataset& dataset = extraction.dataset;
  const auto proposals = [&](const Monitor& monitor) {
    return KeptProposals(
        dataset, FewProposals(8), {.cache = extraction.directory / "proposals"}, monitor);
  };
  std::vector<std::string> said;
  std::size_t done = 0;
  Monitor monitor;
  monitor.say = [&](const std::string& line) { said.push_back(line); };
  monitor.begin = [&](const std::string&, const std::string&, std::size_t, std::size_t) {
    done = 0;
  };
  monitor.advance = [&](std::size_t count) { done += count; };
  const ExtractedImages before = ExtractTrainingFeatures(dataset, extraction.how, kSilent);
  const auto boxes_before = proposals(kSilent);
  fs::copy_file(dataset.images[0].image_path,
                dataset.images[1].image_path,
                fs::copy_options::overwrite_existing);

  const auto boxes = proposals(monitor);
  CHECK(done == 1);
  CHECK_THAT(said.back(), Catch::Contains("1 picture changed since proposals were kept"));
  CHECK(boxes[0] == boxes_before[0]);
  CHECK(boxes[1] == boxes[0]);

  const ExtractedImages found = ExtractTrainingFeatures(dataset, extraction.how, monitor);
  CHECK(done == 1);
  CHECK_THAT(fmt::format("{}", fmt::join(said, "\n")),
             Catch::Contains("1 picture changed since features were kept"));
  extraction.how.source.cache = extraction.directory / "fresh";
  const ExtractedImages fresh = ExtractTrainingFeatures(dataset, extraction.how, kSilent);
  REQUIRE(found.images.size() == dataset.images.size());
  for (std::size_t i = 0; i < found.images.size(); ++i)
    CHECK(found.images[i].regions == fresh.images[i].regions);
  CHECK(found.images[1].regions != before.images[1].regions);
  CHECK(found.images[2].regions == before.images[2].regions);
}

TEST_CASE("the content of a data set's pictures is told apart by any of them") {
  const Extraction extraction;
  const std::string before = ContentText(extraction.dataset, {}, 2, kSilent);
  CHECK(ContentText(extraction.dataset, {}, 1, kSilent) == before);
  CHECK(ContentText(extraction.dataset, {.lenient = true}, 1, kSilent) != before);
  const fs::path last = extraction.dataset.images.back().image_path;
  std::string bytes = ReadTextFile(last);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  WriteFileWhole(last, bytes);
  CHECK(ContentText(extraction.dataset, {}, 1, kSilent) != before);
}

}  // namespace
}  // namespace deeper
