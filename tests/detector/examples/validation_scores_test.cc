#include "detector/examples/validation_scores.h"

#include <cmath>
#include <vector>

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper::tools {
namespace {

TEST_CASE("accuracy is the mean over the labels that occur, not over examples") {
  ValidationScores scores(3, 1);
  for (int i = 0; i < 9; ++i) scores.Add(std::vector<float>{5, 0, 0}, 0);  // all right
  scores.Add(std::vector<float>{5, 0, 0}, 1);                              // wrong
  CHECK(scores.Numbers().at("accuracy") == Approx(0.5));
}

TEST_CASE("the loss is the mean of -log of the label's probability") {
  ValidationScores scores(2, 0);
  scores.Add(std::vector<float>{0, 0}, 0);
  scores.Add(std::vector<float>{0, std::log(3.0F)}, 1);
  CHECK(scores.Numbers().at("loss") == Approx((std::log(2.0) + std::log(4.0 / 3)) / 2));
}

TEST_CASE("map ranks all examples by each class's probability; background is no class") {
  ValidationScores scores(3, 1);
  // By the probability of 1: right, wrong, right: (1 + 2/3) / 2. Class 2 does not occur.
  scores.Add(std::vector<float>{0, 4, 0}, 1);
  scores.Add(std::vector<float>{0, 3, 0}, 0);
  scores.Add(std::vector<float>{0, 2, 0}, 1);
  CHECK(scores.Numbers().at("map") == Approx((1 + 2.0 / 3) / 2));
}

TEST_CASE("without examples there are no numbers; a label without a score is refused") {
  ValidationScores scores(2, 0);
  CHECK(scores.Numbers().empty());
  CHECK_THROWS_AS(scores.Add(std::vector<float>{0, 0}, 2), ContractViolation);
}

}  // namespace
}  // namespace deeper::tools
