#include "detector/regions/features.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "backbone/network.h"
#include "core/error.h"
#include "core/random.h"
#include "detector/heads/region_features.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

Image NoiseImage(int width, int height) {
  Image image = MakeImage(width, height, 0, 0, 0);
  Random random(1);
  for (std::uint8_t& value : image.bgr) value = static_cast<std::uint8_t>(random.Below(256));
  return image;
}

const std::vector<Box> kBoxes = {{.x0 = 0, .y0 = 0, .x1 = 60, .y1 = 40},
                                 {.x0 = 10, .y0 = 10, .x1 = 30, .y1 = 39},
                                 {.x0 = 50, .y0 = 5, .x1 = 59, .y1 = 12},
                                 {.x0 = 10.01F, .y0 = 10, .x1 = 30, .y1 = 39}};

TEST_CASE("the features of each box are those of its own crop, also where boxes repeat") {
  const Network network(test::RandomWeights(2), {});
  const Image image = NoiseImage(60, 40);
  const CropOptions options;
  FeatureExtractor extractor(network, options);
  StageTimes times;
  const RegionFeatures regions = extractor.Extract(image, kBoxes, times);

  CHECK(regions.boxes == kBoxes);
  CHECK(regions.image_width == 60);
  CHECK(regions.image_height == 40);
  REQUIRE(regions.features.size() == kBoxes.size() * kFeatureDim);
  Workspace workspace = network.MakeWorkspace();
  for (std::size_t i = 0; i < kBoxes.size(); ++i) {
    Tensor crop = MakeTensor({.n = 1, .c = 3, .h = kCropSide, .w = kCropSide});
    Crop(image, kBoxes[i], options, crop.data);
    std::vector<float> expected(kFeatureDim);
    network.Features(crop, workspace, expected);
    CAPTURE(i);
    CHECK(std::any_of(expected.begin(), expected.end(), [](float value) { return value > 0; }));
    CHECK(std::ranges::equal(regions.Row(i), expected));
  }
  CHECK(times.crop_s > 0);
  CHECK(times.network_s > times.crop_s);
  CHECK(times.decode_s == 0);

  const RegionFeatures again = extractor.Extract(image, kBoxes, times);
  CHECK(again == regions);
  const RegionFeatures none = extractor.Extract(image, {}, times);
  CHECK(none.boxes.empty());
  CHECK(none.features.empty());

  CHECK_THROWS_WITH(FeatureExtractor(network, {.size_px = 227}), Catch::Contains("224"));
}

TEST_CASE("several networks each give what they give alone") {
  const Network first(test::RandomWeights(2), {});
  const Network second(test::RandomWeights(2), {});
  const Image image = NoiseImage(60, 40);
  StageTimes times;
  FeatureExtractor family(NetworkFamily({&first, &second}, 1), {});
  const std::vector<RegionFeatures> regions = family.ExtractForAll(image, kBoxes, times);
  REQUIRE(regions.size() == 2);
  CHECK(regions[0] == FeatureExtractor(first, {}).Extract(image, kBoxes, times));
  CHECK(regions[1] == FeatureExtractor(second, {}).Extract(image, kBoxes, times));
}

TEST_CASE("unit profiles are those of the network, divided by the length of the crop's features") {
  const Network network(test::RandomWeights(2), {});
  const Image image = NoiseImage(60, 40);
  StageTimes times;
  FeatureExtractor extractor(network, {});
  const RegionFeatures profiles = extractor.ExtractProfilesForAll(image, kBoxes, times).front();
  const RegionFeatures features = extractor.Extract(image, kBoxes, times);
  CHECK(profiles.boxes == kBoxes);
  REQUIRE(profiles.feature_dim == kProfileDim);
  Workspace workspace = network.MakeWorkspace();
  std::vector<float> expected(kProfileDim);
  for (std::size_t i = 0; i < kBoxes.size(); ++i) {
    CAPTURE(i);
    Crop(image, kBoxes[i], {}, network.Input(workspace));
    std::vector<float> own(kFeatureDim);
    network.FeaturesOfInput(workspace, own);
    network.ProfilesOfInput(workspace, expected);
    double square = 0;
    for (const float value : features.Row(i)) square += double{value} * double{value};
    for (float& value : expected) value = static_cast<float>(double{value} / std::sqrt(square));
    bool is_equal = true;
    for (std::size_t k = 0; k < kProfileDim; ++k)
      is_equal = is_equal && std::abs(profiles.Row(i)[k] - expected[k]) <= 1e-6F;
    CHECK(is_equal);
  }
  CHECK(features.offsets.empty());
}

TEST_CASE("regions get the offsets that their network's box regression makes of their profiles") {
  const Network first(test::RandomWeights(2), {});
  const Network second(test::RandomWeights(2), {});
  const Image image = NoiseImage(60, 40);
  BoxRegression regression = {.feature_dim = kProfileDim, .weights = {}};
  Random random(7);
  for (std::size_t i = 0; i < 2 * 4 * (kProfileDim + 1); ++i)
    regression.weights.push_back(static_cast<float>(random.Uniform() - 0.5));
  const BoxRegression of_features = {.feature_dim = kFeatureDim,
                                     .weights = std::vector<float>(4 * (kFeatureDim + 1))};
  StageTimes times;
  FeatureExtractor family(NetworkFamily({&first, &second}, 1), {}, {&of_features, &regression});
  const std::vector<RegionFeatures> regions = family.ExtractForAll(image, kBoxes, times);
  const std::vector<RegionFeatures> profiles = family.ExtractProfilesForAll(image, kBoxes, times);
  CHECK(regions[0].offsets.empty());
  REQUIRE(regions[1].offsets.size() == kBoxes.size() * 2 * 4);
  for (std::size_t i = 0; i < kBoxes.size(); ++i) {
    for (std::size_t j = 0; j < 2; ++j) {
      const BoxOffsets expected = OffsetsOf(regression, j, profiles[1].Row(i));
      for (std::size_t k = 0; k < 4; ++k) {
        CAPTURE(i, j, k);
        CHECK(regions[1].offsets[(i * 2 + j) * 4 + k] == static_cast<float>(expected[k]));
      }
    }
  }
  CHECK(regions[1].features == regions[0].features);
  CHECK_THROWS_AS(FeatureExtractor(NetworkFamily({&first, &second}, 1), {}, {&regression}),
                  ContractViolation);
}

TEST_CASE("networks of the same crops are together with those they have most rows in common with") {
  using Rows = std::vector<std::string>;
  // The first three have two rows in common. The fifth has only one in common with them, and all
  // rows with no other. The sixth reads other crops. The fourth and seventh have no row of the
  // first.
  const std::vector<Rows> rows = {{"a", "b", "c"},
                                  {"a", "b", "d"},
                                  {"a", "b", "c"},
                                  {"x", "y", "z"},
                                  {"a", "e", "f"},
                                  {"a", "b", "c"},
                                  {"x", "u", "v"}};
  std::vector<CropOptions> crops(rows.size());
  crops[5].mode = CropMode::kSquare;
  const std::vector<FamilyMembers> families = GroupIntoFamilies(rows, crops);
  REQUIRE(families.size() == 4);
  CHECK(families[0].positions == std::vector<std::size_t>{0, 1, 2});
  CHECK(families[0].shared_rows == 2);
  CHECK(families[1].positions == std::vector<std::size_t>{3, 6});
  CHECK(families[1].shared_rows == 1);
  CHECK(families[2].positions == std::vector<std::size_t>{4});
  CHECK(families[3].positions == std::vector<std::size_t>{5});
}

TEST_CASE("stage times add up stage by stage") {
  StageTimes sum = {.decode_s = 1, .proposals_s = 2, .crop_s = 3, .network_s = 4, .heads_s = 5};
  sum += {.decode_s = 10, .proposals_s = 20, .crop_s = 30, .network_s = 40, .heads_s = 50};
  CHECK(sum.decode_s == 11);
  CHECK(sum.proposals_s == 22);
  CHECK(sum.crop_s == 33);
  CHECK(sum.network_s == 44);
  CHECK(sum.heads_s == 55);
}

}  // namespace
}  // namespace deeper
