#include "eval/analysis/proposal_recall.h"

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

Annotation Object(Box box, std::size_t class_index, bool difficult = false) {
  return {.box = box, .class_id = ClassAt(class_index), .difficult = difficult};
}

// Two pictures, three classes of which the last has no object; one object is difficult.
Dataset TwoPictures() {
  Dataset dataset;
  dataset.classes = ClassTableOf({"cat", "dog", "bus"});
  dataset.images.resize(2);
  dataset.images[0].annotations = {Object({0, 0, 10, 10}, 0), Object({20, 0, 30, 10}, 1)};
  dataset.images[1].annotations = {Object({0, 0, 10, 10}, 0), Object({50, 50, 60, 60}, 1, true)};
  return dataset;
}

std::vector<Proposal> Ranked(const std::vector<Box>& boxes) {
  std::vector<Proposal> proposals;
  for (const Box& box : boxes) {
    proposals.push_back({.box = box, .rank = static_cast<int>(proposals.size())});
  }
  return proposals;
}

// Overlaps: cat of "a" 0.5 then 1, dog of "a" 0.6, cat of "b" none, the difficult dog 1.
std::vector<std::vector<Proposal>> SomeProposals() {
  return {Ranked({{0, 0, 10, 5}, {20, 0, 26, 10}, {0, 0, 10, 10}}), Ranked({{50, 50, 60, 60}})};
}

TEST_CASE("Recall, ABO, MABO and average recall are those worked out by hand") {
  const ProposalQuality quality = EvaluateProposals(TwoPictures(), SomeProposals());
  CHECK(quality.images == 2);
  CHECK(quality.objects == 3);
  CHECK(quality.boxes_per_image == 2);
  CHECK(quality.recall_50 == Approx(2.0 / 3));
  CHECK(quality.recall_70 == Approx(1.0 / 3));
  REQUIRE(quality.average_best_overlap.size() == 3);
  CHECK(quality.average_best_overlap[0].value() == Approx(0.5));
  CHECK(quality.average_best_overlap[1].value() == Approx(0.6));
  CHECK_FALSE(quality.average_best_overlap[2].has_value());
  CHECK(quality.mean_average_best_overlap == Approx(0.55));
  // 2 ((1 - 0.5) + (0.6 - 0.5) + 0) / 3.
  CHECK(quality.average_recall == Approx(0.4));
}

TEST_CASE("Average recall is the mean recall over IoU from 0.5 to 1") {
  const ProposalQuality quality = EvaluateProposals(TwoPictures(), SomeProposals());
  double sum = 0;
  constexpr int kSteps = 10000;
  for (int i = 0; i < kSteps; ++i) sum += quality.RecallAt(0.5 + (i + 0.5) * 0.5 / kSteps);
  CHECK(quality.average_recall == Approx(sum / kSteps).margin(1e-4));
}

TEST_CASE("Every object names its best proposal, or none") {
  const ProposalQuality quality = EvaluateProposals(TwoPictures(), SomeProposals());
  REQUIRE(quality.best_overlaps.size() == 3);
  CHECK(
      quality.best_overlaps[0] ==
      BestOverlap{.image = 0, .class_id = ClassAt(0), .box = {0, 0, 10, 10}, .iou = 1, .rank = 2});
  CHECK(quality.best_overlaps[1].rank == 1);
  CHECK_FALSE(quality.best_overlaps[2].rank.has_value());
  CHECK(quality.best_overlaps[2].image == 1);
}

TEST_CASE("Difficult objects count only when asked for") {
  const ProposalQuality quality =
      EvaluateProposals(TwoPictures(), SomeProposals(), {.include_difficult = true});
  CHECK(quality.objects == 4);
  CHECK(quality.recall_50 == Approx(3.0 / 4));
  CHECK(quality.average_best_overlap[1].value() == Approx(0.8));
}

TEST_CASE("The curve uses the best ranked boxes alone, by ascending count") {
  const ProposalQuality quality =
      EvaluateProposals(TwoPictures(), SomeProposals(), {.box_counts = {3, 1, 2, 100}});
  REQUIRE(quality.curve.size() == 4);
  CHECK(quality.curve[0].box_count == 1);
  CHECK(quality.curve[0].recall_50 == Approx(1.0 / 3));
  CHECK(quality.curve[0].average_recall == Approx(0));
  CHECK(quality.curve[1].recall_50 == Approx(2.0 / 3));
  CHECK(quality.curve[1].recall_70 == Approx(0));
  CHECK(quality.curve[2].recall_70 == Approx(1.0 / 3));
  CHECK(quality.curve[3].recall_50 == quality.recall_50);
  CHECK(quality.curve[3].average_recall == quality.average_recall);
}

TEST_CASE("The overall figures use all proposals, also beyond the last count of the curve") {
  const ProposalQuality quality =
      EvaluateProposals(TwoPictures(), SomeProposals(), {.box_counts = {1}});
  CHECK(quality.recall_70 == Approx(1.0 / 3));
}

TEST_CASE("Without objects or pictures every figure is zero") {
  CHECK(EvaluateProposals(Dataset{}, {}, {.box_counts = {}}) == ProposalQuality{});
  CHECK(ProposalQuality{}.RecallAt(0.5) == 0);
  Dataset dataset = TwoPictures();
  for (AnnotatedImage& image : dataset.images) image.annotations.clear();
  const ProposalQuality quality = EvaluateProposals(dataset, SomeProposals());
  CHECK(quality.recall_50 == 0);
  CHECK(quality.mean_average_best_overlap == 0);
  CHECK(quality.boxes_per_image == 2);
}

TEST_CASE("Lists of proposals must match the pictures, and counts must be positive") {
  const std::vector<std::vector<Proposal>> one_list(1);
  CHECK_THROWS_AS(EvaluateProposals(TwoPictures(), one_list), ContractViolation);
  CHECK_THROWS_AS(EvaluateProposals(TwoPictures(), SomeProposals(), {.box_counts = {0}}),
                  ContractViolation);
}

}  // namespace
}  // namespace deeper
