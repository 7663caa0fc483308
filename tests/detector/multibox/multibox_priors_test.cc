#include "detector/multibox/multibox_priors.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "core/random.h"
#include "detector/multibox/multibox.h"
#include "tests/support/catch.h"
#include "tests/support/data.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

std::vector<UnitBox> RandomBoxes(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<UnitBox> boxes(count);
  for (UnitBox& box : boxes) {
    box = {random.Uniform() / 2, random.Uniform() / 2, 0.5 + random.Uniform() / 2, 1};
  }
  return boxes;
}

double SquaredDistance(const UnitBox& box, const MultiBoxPrior& prior) {
  double sum = 0;
  for (std::size_t corner = 0; corner < 4; ++corner)
    sum += std::pow(box[corner] - static_cast<double>(prior.mean[corner]), 2);
  return sum;
}

TEST_CASE("every prior is the mean and deviation of the boxes that are nearest to it") {
  const std::vector<UnitBox> boxes = RandomBoxes(500, 1);
  const std::vector<MultiBoxPrior> priors = LearnMultiBoxPriors(boxes, 20, 5);
  REQUIRE(priors.size() == 20);
  std::vector<std::vector<UnitBox>> members(20);
  for (const UnitBox& box : boxes) {
    const auto nearest = std::min_element(
        priors.begin(), priors.end(), [&](const MultiBoxPrior& a, const MultiBoxPrior& b) {
          return SquaredDistance(box, a) < SquaredDistance(box, b);
        });
    members[static_cast<std::size_t>(nearest - priors.begin())].push_back(box);
  }
  for (std::size_t i = 0; i < priors.size(); ++i) {
    CAPTURE(i);
    REQUIRE(!members[i].empty());
    if (i > 0) CHECK(members[i].size() <= members[i - 1].size());
    for (std::size_t corner = 0; corner < 4; ++corner) {
      double mean = 0;
      double squares = 0;
      for (const UnitBox& box : members[i]) mean += box[corner];
      mean /= static_cast<double>(members[i].size());
      for (const UnitBox& box : members[i]) squares += std::pow(box[corner] - mean, 2);
      const double deviation = std::sqrt(squares / static_cast<double>(members[i].size()));
      CHECK(static_cast<double>(priors[i].mean[corner]) == Approx(mean).margin(1e-6));
      CHECK(static_cast<double>(priors[i].deviation[corner]) ==
            Approx(std::max(deviation, 0.02)).margin(1e-6));
    }
  }
}

TEST_CASE("groups of boxes that lie apart are found, each whole") {
  std::vector<UnitBox> boxes;
  const std::vector<UnitBox> groups = {{0, 0, 0.2, 0.2}, {0.5, 0, 0.9, 0.3}, {0, 0.5, 1, 1}};
  Random random(3);
  for (int n = 0; n < 60; ++n) {
    UnitBox box = groups[static_cast<std::size_t>(n % 6 < 3 ? 0 : n % 6 < 5 ? 1 : 2)];
    for (double& value : box) value += 0.02 * random.Uniform();
    boxes.push_back(box);
  }
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const std::vector<MultiBoxPrior> priors = LearnMultiBoxPriors(boxes, 3, seed);
    for (std::size_t i = 0; i < 3; ++i) CHECK(SquaredDistance(groups[i], priors[i]) < 1e-3);
  }
}

TEST_CASE("relative distances draw a prior towards the small boxes of its cluster") {
  const std::vector<UnitBox> boxes = {{0, 0, 0.1, 0.1}, {0, 0, 0.4, 0.4}};
  const auto right_edge = [&](MultiBoxDistance distance) {
    return LearnMultiBoxPriors(boxes, 1, 5, distance).front().mean[2];
  };
  CHECK(right_edge(MultiBoxDistance::kAbsolute) == Approx(0.25));
  // Weights 1 / 0.1 and 1 / 0.4.
  CHECK(right_edge(MultiBoxDistance::kRelative) == Approx((10 * 0.1 + 2.5 * 0.4) / 12.5));
}

TEST_CASE("the same seed gives the same priors, and too few different boxes are refused") {
  const std::vector<UnitBox> boxes = RandomBoxes(50, 1);
  CHECK(LearnMultiBoxPriors(boxes, 10, 5) == LearnMultiBoxPriors(boxes, 10, 5));
  std::vector<UnitBox> repeated(boxes.begin(), boxes.begin() + 4);
  repeated.insert(repeated.end(), boxes.begin(), boxes.begin() + 4);
  CHECK(LearnMultiBoxPriors(repeated, 4, 5).size() == 4);
  CHECK_THROWS_WITH(LearnMultiBoxPriors(repeated, 5, 5),
                    Catch::Contains("at least 5") && Catch::Contains("found 4"));
}

TEST_CASE("Google's format of priors is read, and what is not of it is refused by its line") {
  const test::TemporaryDirectory directory;
  WriteFileWhole(directory / "priors", std::string_view("0.1 0.25\n0.2 0\n0.3 0.75\n0.4 1\n"));
  CHECK(ReadMultiBoxPriors(directory / "priors") ==
        std::vector<MultiBoxPrior>{
            {.mean = {0.25F, 0, 0.75F, 1}, .deviation = {0.1F, 0.2F, 0.3F, 0.4F}}});
  WriteFileWhole(directory / "bad", std::string_view("0.1 0.25\n0 0.5\n"));
  CHECK_THROWS_WITH(ReadMultiBoxPriors(directory / "bad"), Catch::Contains("bad:2"));
  WriteFileWhole(directory / "short", std::string_view("0.1 0.25\n0.1 0.5\n"));
  CHECK_THROWS_WITH(ReadMultiBoxPriors(directory / "short"), Catch::Contains("four lines"));
}

TEST_CASE("Google's 800 priors are read, and cover from 0.4% to 99% of the picture") {
  DEEPER_REQUIRE_DATA(data);
  const std::vector<MultiBoxPrior> priors = ReadMultiBoxPriors(data / "multibox/ipriors800.txt");
  REQUIRE(priors.size() == 800);
  std::vector<double> areas;
  for (const MultiBoxPrior& prior : priors) {
    areas.push_back(static_cast<double>(prior.mean[2] - prior.mean[0]) *
                    static_cast<double>(prior.mean[3] - prior.mean[1]));
  }
  std::sort(areas.begin(), areas.end());
  CHECK(areas.front() == Approx(0.004).margin(0.0005));
  CHECK(areas[400] == Approx(0.1).margin(0.01));
  CHECK(areas.back() == Approx(0.99).margin(0.005));
}

}  // namespace
}  // namespace deeper
