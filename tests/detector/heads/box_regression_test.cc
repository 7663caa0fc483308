#include "detector/heads/box_regression.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

constexpr std::size_t kDim = 6;

// A picture of one object and one proposal with the given targets (dx/w, dy/h, log w, log h).
BoxTrainingImage ImageOf(const Box& proposal,
                         const std::array<double, 4>& t,
                         const std::vector<float>& feature,
                         std::size_t class_index = 0) {
  const double width = double(proposal.x1 - proposal.x0),
               height = double(proposal.y1 - proposal.y0);
  const double x = double(proposal.x0) + width / 2 + t[0] * width;
  const double y = double(proposal.y0) + height / 2 + t[1] * height;
  const double half_width = width * std::exp(t[2]) / 2, half_height = height * std::exp(t[3]) / 2;
  const Box object = {.x0 = float(x - half_width),
                      .y0 = float(y - half_height),
                      .x1 = float(x + half_width),
                      .y1 = float(y + half_height)};
  BoxTrainingImage image;
  image.truth = {{.box = object, .class_id = ClassAt(class_index)}};
  image.proposals.feature_dim = kDim;
  image.proposals.boxes = {proposal};
  image.proposals.features = feature;
  return image;
}

struct LinearTruth {
  std::vector<std::array<double, 4>> weights;  // one a feature
  std::array<double, 4> bias;
};

LinearTruth RandomTruth(std::uint64_t seed) {
  Random random(seed);
  const auto small = [&] { return 0.04 * (random.Uniform() - 0.5); };
  LinearTruth truth{.weights = {}, .bias = {small(), small(), small(), small()}};
  for (std::size_t k = 0; k < kDim; ++k)
    truth.weights.push_back({small(), small(), small(), small()});
  return truth;
}

std::array<double, 4> TargetsOf(const LinearTruth& truth, const std::vector<float>& feature) {
  std::array<double, 4> t = truth.bias;
  for (std::size_t k = 0; k < kDim; ++k) {
    for (std::size_t i = 0; i < 4; ++i) t[i] += truth.weights[k][i] * double(feature[k]);
  }
  return t;
}

// Pictures whose targets are linear in the features, apart from `noise`.
std::vector<BoxTrainingImage> LinearImages(const LinearTruth& truth,
                                           std::size_t count,
                                           double noise,
                                           std::uint64_t seed,
                                           std::size_t class_index = 0) {
  Random random(seed);
  std::vector<BoxTrainingImage> images;
  for (std::size_t n = 0; n < count; ++n) {
    std::vector<float> feature(kDim);
    for (float& value : feature) value = float(2 * random.Uniform() - 1);
    std::array<double, 4> t = TargetsOf(truth, feature);
    for (double& value : t) value += noise * (random.Uniform() - 0.5);
    const auto x0 = float(300 * random.Uniform()), y0 = float(300 * random.Uniform());
    const Box proposal = {.x0 = x0,
                          .y0 = y0,
                          .x1 = x0 + 40 + float(100 * random.Uniform()),
                          .y1 = y0 + 40 + float(100 * random.Uniform())};
    images.push_back(ImageOf(proposal, t, feature, class_index));
  }
  return images;
}

BoxRegression Trained(const std::vector<BoxTrainingImage>& images,
                      std::size_t class_count,
                      const BoxRegressionTrainingOptions& options,
                      int workers = 1) {
  return TrainBoxRegression(images, class_count, options, workers, {});
}

float LargestCornerError(const Box& a, const Box& b) {
  return std::max(
      {std::abs(a.x0 - b.x0), std::abs(a.y0 - b.y0), std::abs(a.x1 - b.x1), std::abs(a.y1 - b.y1)});
}

// The largest distance in pixels of a moved proposal from its object.
float WorstError(const BoxRegression& regression,
                 std::size_t index,
                 const std::vector<BoxTrainingImage>& images) {
  float worst = 0;
  for (const BoxTrainingImage& image : images) {
    const Box moved =
        MoveBox(image.proposals.boxes[0], OffsetsOf(regression, index, image.proposals.Row(0)));
    worst = std::max(worst, LargestCornerError(moved, image.truth[0].box));
  }
  return worst;
}

TEST_CASE("moves that are linear in the features are found, and moving undoes the targets") {
  const LinearTruth truth = RandomTruth(1);
  const auto images = LinearImages(truth, 500, 0, 2);
  const BoxRegression regression = Trained(images, 3, {.lambda = 1e-6});
  REQUIRE(regression.RegressorCount() == 1);
  CHECK(regression.feature_dim == kDim);
  CHECK(WorstError(regression, 0, images) <
        0.01F);  // boxes are f32: 3e-5 px, times what ridge adds
  const auto unseen = LinearImages(truth, 100, 0, 3);
  CHECK(WorstError(regression, 0, unseen) < 0.01F);
}

TEST_CASE("the regressor is R-CNN's: whitened targets, ridge, whitening undone") {
  const auto images = LinearImages(RandomTruth(4), 300, 0.1, 5);
  const double lambda = 50;
  const auto n = static_cast<Eigen::Index>(images.size());
  Eigen::MatrixXd x(n, Eigen::Index(kDim) + 1), y(n, 4);
  for (Eigen::Index i = 0; i < n; ++i) {
    const BoxTrainingImage& image = images[static_cast<std::size_t>(i)];
    for (std::size_t k = 0; k < kDim; ++k)
      x(i, Eigen::Index(k)) = double(image.proposals.Row(0)[k]);
    x(i, Eigen::Index(kDim)) = 1;
    const Box p = image.proposals.boxes[0], g = image.truth[0].box;
    const auto middle = [](float a, float b) { return (double(a) + double(b)) / 2; };
    const double w = double(p.x1) - double(p.x0), h = double(p.y1) - double(p.y0);
    y.row(i) << (middle(g.x0, g.x1) - middle(p.x0, p.x1)) / w,
        (middle(g.y0, g.y1) - middle(p.y0, p.y1)) / h, std::log((double(g.x1) - double(g.x0)) / w),
        std::log((double(g.y1) - double(g.y0)) / h);
  }
  const Eigen::RowVectorXd mean = y.colwise().mean();
  const Eigen::MatrixXd centred = y.rowwise() - mean;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(centred.transpose() * centred /
                                                             double(n));
  const Eigen::ArrayXd spread = (eigen.eigenvalues().array() + 0.001).sqrt();
  const Eigen::MatrixXd& v = eigen.eigenvectors();
  const Eigen::MatrixXd whiten = v * spread.inverse().matrix().asDiagonal() * v.transpose();
  const Eigen::MatrixXd unwhiten = v * spread.matrix().asDiagonal() * v.transpose();
  const Eigen::MatrixXd gram =
      x.transpose() * x + lambda * Eigen::MatrixXd::Identity(x.cols(), x.cols());
  const Eigen::MatrixXd beta = gram.llt().solve(x.transpose() * (centred * whiten));
  Eigen::MatrixXd expected = beta * unwhiten;
  expected.row(Eigen::Index(kDim)) += mean;

  const BoxRegression regression = Trained(images, 1, {.lambda = lambda});
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t k = 0; k <= kDim; ++k) {
      CAPTURE(i, k);
      CHECK(double(regression.weights[i * (kDim + 1) + k]) ==
            Approx(expected(Eigen::Index(k), Eigen::Index(i))).margin(1e-8));
    }
  }
}

TEST_CASE("the regressor does not depend on the number of workers, to the last bit") {
  const auto images = LinearImages(RandomTruth(17), 1000, 0.1, 18);
  const BoxRegression one = Trained(images, 1, {}, 1);
  CHECK(Trained(images, 1, {}, 2) == one);
  CHECK(Trained(images, 1, {}, 5) == one);
}

TEST_CASE("progress of training reaches its end") {
  std::size_t last = 0;
  std::size_t all = 0;
  TrainBoxRegression(LinearImages(RandomTruth(19), 30, 0.1, 20),
                     1,
                     {},
                     1,
                     [&](std::size_t done, std::size_t total) {
                       CHECK(done >= last);
                       last = done;
                       all = total;
                     });
  CHECK(all > 0);
  CHECK(last == all);
}

TEST_CASE("a large lambda moves every box by the mean of the targets") {
  const auto images = LinearImages(RandomTruth(6), 50, 0, 7);
  const BoxRegression regression = Trained(images, 1, {.lambda = 1e12});
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t k = 0; k < kDim; ++k)
      CHECK(std::abs(regression.weights[i * (kDim + 1) + k]) < 1e-9F);
  }
  CHECK(std::abs(regression.weights[kDim]) > 1e-4F);
}

TEST_CASE("one regressor a class learns each class's moves, and rare classes share one") {
  const LinearTruth first = RandomTruth(8), second = RandomTruth(9);
  auto images = LinearImages(first, 200, 0, 10, 0);
  const auto others = LinearImages(second, 200, 0, 11, 1);
  const auto rare = LinearImages(second, 9, 0, 12, 2);
  images.insert(images.end(), others.begin(), others.end());
  images.insert(images.end(), rare.begin(), rare.end());

  const BoxRegression each = Trained(images, 4, {.lambda = 1e-6, .per_class = true});
  const BoxRegression shared = Trained(images, 4, {.lambda = 1e-6});
  REQUIRE(each.RegressorCount() == 4);
  REQUIRE(shared.RegressorCount() == 1);
  CHECK(WorstError(each, 0, LinearImages(first, 50, 0, 13)) < 0.01F);
  CHECK(WorstError(each, 1, LinearImages(second, 50, 0, 14)) < 0.01F);
  CHECK(WorstError(shared, 0, LinearImages(first, 50, 0, 13)) > 0.1F);
  const auto regressor = [&](std::size_t j) {
    const auto begin = each.weights.begin() + static_cast<long>(j * 4 * (kDim + 1));
    return std::vector<float>(begin, begin + 4 * (kDim + 1));
  };
  CHECK(regressor(2) == shared.weights);  // 9 pairs
  CHECK(regressor(3) == shared.weights);  // none
}

TEST_CASE("a proposal belongs to the object that it overlaps most") {
  const std::vector<float> feature(kDim, 0.5F);
  BoxTrainingImage image =
      ImageOf({.x0 = 0, .y0 = 0, .x1 = 100, .y1 = 100}, {0.05, 0, 0, 0}, feature);
  const BoxRegression alone = Trained({image}, 1, {});
  // A second object, further from the proposal but above min_iou too; before and after the first.
  const Annotation worse = {.box = {.x0 = 0, .y0 = 0, .x1 = 100, .y1 = 70}};
  for (const std::size_t place : {0U, 1U}) {
    BoxTrainingImage two = image;
    const auto at = static_cast<long>(place);
    two.truth.insert(two.truth.begin() + at, worse);
    CHECK(Trained({two}, 1, {}) == alone);
    two.truth[1 - place].difficult = true;  // the nearest: no pair is left
    CHECK_THROWS_AS(Trained({two}, 1, {}), Error);
  }
}

TEST_CASE("an overlap of exactly min_iou makes no pair") {
  BoxTrainingImage image = ImageOf(
      {.x0 = 0, .y0 = 0, .x1 = 100, .y1 = 50}, {0, 0, 0, 0}, std::vector<float>(kDim, 1.0F));
  image.truth[0].box = {.x0 = 0, .y0 = 0, .x1 = 100, .y1 = 100};
  CHECK_THROWS_WITH(Trained({image}, 1, {.min_iou = 0.5}), Catch::Contains("min_iou"));
  CHECK_NOTHROW(Trained({image}, 1, {.min_iou = 0.499}));
}

TEST_CASE("box regression cannot be trained from nothing") {
  CHECK_THROWS_AS(Trained({}, 1, {}), Error);
  const auto images = LinearImages(RandomTruth(15), 5, 0, 16, 2);
  CHECK_THROWS_AS(Trained(images, 2, {}), ContractViolation);  // class 2 is unknown
}

TEST_CASE("box regression options outside their bounds are refused by name") {
  CHECK_NOTHROW(BoxRegressionTrainingOptions{}.Validate());
  CHECK_THROWS_WITH((BoxRegressionTrainingOptions{.min_iou = 1}.Validate()),
                    Catch::Contains("min_iou"));
  CHECK_THROWS_WITH((BoxRegressionTrainingOptions{.lambda = 0}.Validate()),
                    Catch::Contains("lambda"));
}

}  // namespace
}  // namespace deeper
