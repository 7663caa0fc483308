#include "detector/multibox/multibox.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "detector/multibox/multibox_loss.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

UnitBox RandomUnitBox(Random& random) {
  const double x = 0.7 * random.Uniform();
  const double y = 0.7 * random.Uniform();
  return {x, y, x + 0.05 + 0.25 * random.Uniform(), y + 0.05 + 0.25 * random.Uniform()};
}

std::vector<MultiBoxPrior> RandomPriors(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<MultiBoxPrior> priors(count);
  for (MultiBoxPrior& prior : priors) {
    const UnitBox box = RandomUnitBox(random);
    for (std::size_t corner = 0; corner < 4; ++corner) {
      prior.mean[corner] = static_cast<float>(box[corner]);
      prior.deviation[corner] = static_cast<float>(0.02 + 0.1 * random.Uniform());
    }
  }
  return priors;
}

std::vector<UnitBox> RandomTruth(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<UnitBox> truth(count);
  for (UnitBox& box : truth) box = RandomUnitBox(random);
  return truth;
}

std::vector<float> RandomOutputs(std::size_t boxes, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> outputs(MultiBoxOutputs(boxes));
  for (float& value : outputs) value = static_cast<float>(4 * random.Uniform() - 2);
  return outputs;
}

double LossOf(const std::vector<MultiBoxPrior>& priors,
              const std::vector<UnitBox>& truth,
              const MultiBoxLossOptions& options,
              const std::vector<float>& outputs) {
  std::vector<float> unused(outputs.size());
  return MultiBoxLoss(priors, truth, options, outputs, unused);
}

// Equations 1 to 4 of the paper literally, for the match with the least loss: true box j belongs to
// the box at place j of one of the orders.
double LeastLossOfAllMatches(const std::vector<MultiBoxPrior>& priors,
                             const std::vector<UnitBox>& truth,
                             double a,
                             const std::vector<float>& outputs) {
  const std::size_t count = priors.size();
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  double least = kInfinity;
  do {
    double location = 0;
    double confidence = 0;
    for (std::size_t place = 0; place < count; ++place) {
      const std::size_t i = order[place];
      const double c = 1 / (1 + std::exp(-static_cast<double>(outputs[4 * count + i])));
      if (place >= truth.size()) {
        confidence -= std::log(1 - c);
        continue;
      }
      confidence -= std::log(c);
      for (std::size_t corner = 0; corner < 4; ++corner) {
        const double l = static_cast<double>(priors[i].mean[corner]) +
                         static_cast<double>(priors[i].deviation[corner]) *
                             static_cast<double>(outputs[4 * i + corner]);
        location += std::pow(l - truth[place][corner], 2) / 2;
      }
    }
    least = std::min(least, a * location + confidence);
  } while (std::next_permutation(order.begin(), order.end()));
  return least;
}

TEST_CASE("the loss is the paper's, at the least of all ways to match") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const std::size_t count = 1 + seed % 6;
    const std::vector<MultiBoxPrior> priors = RandomPriors(count, seed);
    const std::vector<UnitBox> truth = RandomTruth(seed % (count + 1), seed + 100);
    const std::vector<float> outputs = RandomOutputs(count, seed + 200);
    for (const double a : {0.0, 0.3, 100.0}) {
      CAPTURE(seed, count, truth.size(), a);
      const MultiBoxLossOptions options = {.location_weight = a,
                                           .matching = MultiBoxMatching::kPredictions};
      CHECK(LossOf(priors, truth, options, outputs) ==
            Approx(LeastLossOfAllMatches(priors, truth, a, outputs)).epsilon(1e-9));
    }
  }
}

TEST_CASE("the gradient agrees with central differences of the loss") {
  const std::vector<MultiBoxPrior> priors = RandomPriors(12, 1);
  const std::vector<UnitBox> truth = RandomTruth(4, 2);
  const std::vector<float> outputs = RandomOutputs(12, 3);
  for (const auto& [matching, distance] :
       {std::pair(MultiBoxMatching::kPredictions, MultiBoxDistance::kAbsolute),
        std::pair(MultiBoxMatching::kPredictions, MultiBoxDistance::kRelative),
        std::pair(MultiBoxMatching::kPriors, MultiBoxDistance::kRelative)}) {
    const MultiBoxLossOptions options = {
        .location_weight = 30, .distance = distance, .matching = matching};
    std::vector<float> gradient(outputs.size(), 7);
    MultiBoxLoss(priors, truth, options, outputs, gradient);
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      std::vector<float> above = outputs;
      std::vector<float> below = outputs;
      above[k] += 0x1p-10F;
      below[k] -= 0x1p-10F;
      const double difference =
          (LossOf(priors, truth, options, above) - LossOf(priors, truth, options, below)) /
          static_cast<double>(above[k] - below[k]);
      CAPTURE(NameOf(matching), NameOf(distance), k);
      CHECK(static_cast<double>(gradient[k]) == Approx(difference).epsilon(1e-4).margin(1e-6));
    }
  }
}

TEST_CASE("a relative distance counts in proportion to the inverse of the object's side") {
  const std::vector<MultiBoxPrior> priors = {
      {.mean = {0, 0, 0.5F, 0.5F}, .deviation = {0.1F, 0.1F, 0.1F, 0.1F}}};
  const std::vector<UnitBox> truth = {{0.1, 0, 0.3, 0.8}};  // sides 0.2 and 0.8: root of area 0.4
  const std::vector<float> outputs(5, 0.0F);
  const double a = 10;
  const double square = 0.01 + 0.04 + 0.09;
  const double confidences = std::log(2);
  const auto loss = [&](MultiBoxDistance distance) {
    return LossOf(priors, truth, {.location_weight = a, .distance = distance}, outputs);
  };
  CHECK(loss(MultiBoxDistance::kAbsolute) == Approx(a / 2 * square + confidences));
  CHECK(loss(MultiBoxDistance::kRelative) == Approx(a / 2 * square / 0.4 + confidences));
  CHECK(MultiBoxDistanceFromName("relative") == MultiBoxDistance::kRelative);
  CHECK_THROWS_WITH(MultiBoxDistanceFromName("near"), Catch::Contains("absolute or relative"));
}

TEST_CASE("a picture without objects teaches confidences alone") {
  const std::vector<MultiBoxPrior> priors = RandomPriors(3, 1);
  const std::vector<float> outputs(15, 0.0F);
  std::vector<float> gradient(15, 7);
  CHECK(MultiBoxLoss(priors, {}, {}, outputs, gradient) == Approx(3 * std::log(2)));
  CHECK(std::all_of(gradient.begin(), gradient.begin() + 12, [](float g) { return g == 0; }));
  CHECK(std::all_of(gradient.begin() + 12, gradient.end(), [](float g) { return g == 0.5F; }));
}

TEST_CASE("logits of any size give a finite loss and gradient") {
  const std::vector<MultiBoxPrior> priors = RandomPriors(2, 1);
  std::vector<float> outputs(10, 0.0F);
  outputs[8] = 1e4F;
  outputs[9] = -1e4F;
  std::vector<float> gradient(10);
  CHECK(std::isfinite(MultiBoxLoss(priors, RandomTruth(1, 2), {}, outputs, gradient)));
  CHECK(std::all_of(
      gradient.begin(), gradient.end(), [](float value) { return std::isfinite(value); }));
}

TEST_CASE("matching by priors does not ask what was predicted, matching by predictions does") {
  // Two far priors; the true box lies on the first one, the second one's prediction lies on it.
  const std::vector<MultiBoxPrior> priors = {
      {.mean = {0, 0, 0.5F, 0.5F}, .deviation = {0.1F, 0.1F, 0.1F, 0.1F}},
      {.mean = {0.5F, 0.5F, 1, 1}, .deviation = {0.1F, 0.1F, 0.1F, 0.1F}}};
  const std::vector<UnitBox> truth = {{0, 0, 0.5, 0.5}};
  std::vector<float> outputs = {9, 9, 9, 9, -5, -5, -5, -5, 0, 0};
  std::vector<float> gradient(10);
  MultiBoxLoss(priors, truth, {.matching = MultiBoxMatching::kPriors}, outputs, gradient);
  CHECK(gradient[8] == -0.5F);
  MultiBoxLoss(priors, truth, {.matching = MultiBoxMatching::kPredictions}, outputs, gradient);
  CHECK(gradient[9] == -0.5F);
}

TEST_CASE("more true boxes than priors, and outputs of another number, are refused") {
  const std::vector<MultiBoxPrior> priors = RandomPriors(2, 1);
  std::vector<float> outputs(10);
  std::vector<float> gradient(10);
  CHECK_THROWS_AS(MultiBoxLoss(priors, RandomTruth(3, 1), {}, outputs, gradient),
                  ContractViolation);
  CHECK_THROWS_AS(DecodeMultiBox(priors, std::vector<float>(9)), ContractViolation);
  CHECK_THROWS_WITH(MultiBoxLossOptions{.location_weight = -1}.Validate(),
                    Catch::Contains("location_weight"));
}

TEST_CASE(
    "the proposals lie in the picture on whole pixels, the most confident first, none twice") {
  const std::vector<ScoredUnitBox> boxes = {{{0.1, 0.1, 0.5, 0.5}, 0.2},
                                            {{-0.5, 0.25, 1.5, 0.75}, 0.9},
                                            {{0.6, 0.6, 0.6, 0.9}, 0.8},           // empty
                                            {{1.1, 0.1, 1.4, 0.5}, 0.7},           // outside
                                            {{0.101, 0.101, 0.499, 0.499}, 0.1}};  // rounds alike
  const std::vector<Proposal> proposals = MultiBoxProposals(boxes, 104, 52);
  CHECK(proposals == std::vector<Proposal>{{.box = {0, 13, 104, 39}, .rank = 0},
                                           {.box = {10, 5, 52, 26}, .rank = 1}});
}

Proposal At(float x0, int rank, float side = 40) {
  return {.box = {.x0 = x0, .y0 = 0, .x1 = x0 + side, .y1 = side}, .rank = rank};
}

std::vector<Box> RankedBoxes(const std::vector<Proposal>& proposals) {
  std::vector<Box> boxes;
  for (std::size_t i = 0; i < proposals.size(); ++i) {
    CHECK(proposals[i].rank == static_cast<int>(i));
    boxes.push_back(proposals[i].box);
  }
  return boxes;
}

TEST_CASE("joined proposals take turns, MultiBox's first, the longer list's rest behind") {
  const std::vector<Proposal> joined =
      JoinProposals({At(0, 0), At(50, 1)}, {At(100, 0), At(150, 1), At(200, 2)}, {}, 500, 400);
  CHECK(RankedBoxes(joined) ==
        std::vector<Box>{
            At(0, 0).box, At(100, 0).box, At(50, 0).box, At(150, 0).box, At(200, 0).box});
}

TEST_CASE(
    "joined proposals are not repeated nor too many as the options say, and half as small at "
    "most") {
  // The second of each pair is 38/42 = 0.905 or 39/41 = 0.951 of IoU away.
  const std::vector<Proposal> multibox = {At(0, 0), At(50, 1), At(300, 2, 9), At(400, 3, 19)};
  const std::vector<Proposal> search = {At(0, 0), At(52, 1), At(1, 2), At(200, 3)};
  const auto count_with = [&](auto SelectiveSearchOptions::*field, auto value) {
    SelectiveSearchOptions options;
    options.*field = value;
    return RankedBoxes(JoinProposals(multibox, search, options, 500, 400)).size();
  };
  CHECK(count_with(&SelectiveSearchOptions::min_side_px, 0) == 7);
  CHECK(count_with(&SelectiveSearchOptions::min_side_px, 20) == 6);
  CHECK(count_with(&SelectiveSearchOptions::max_iou, 0.93) == 5);
  CHECK(count_with(&SelectiveSearchOptions::max_iou, 0.9) == 4);
  CHECK(count_with(&SelectiveSearchOptions::max_boxes, 2) == 2);
}

}  // namespace
}  // namespace deeper
