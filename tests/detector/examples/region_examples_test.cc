#include "detector/examples/region_examples.h"

#include <algorithm>
#include <map>
#include <vector>

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

Box BoxAt(float x0, float width = 10) { return {.x0 = x0, .y0 = 0, .x1 = x0 + width, .y1 = 10}; }

// Of class 0 at 0, of class 2 at 100, and a difficult one of class 1 at 200.
AnnotatedImage ThreeObjects() {
  AnnotatedImage image;
  image.annotations = {{.box = BoxAt(0), .class_id = ClassAt(0)},
                       {.box = BoxAt(100), .class_id = ClassAt(2)},
                       {.box = BoxAt(200), .class_id = ClassAt(1), .difficult = true}};
  return image;
}

RegionPool PoolOf(const std::vector<Box>& proposals, const RegionLabelOptions& options = {}) {
  RegionPool pool;
  AddRegions(ThreeObjects(), 7, proposals, options, pool);
  return pool;
}

TEST_CASE("objects' own boxes are foreground of their class, but for difficult ones") {
  const RegionPool pool = PoolOf({});
  CHECK(pool.foreground == std::vector<LabelledRegion>{{7, BoxAt(0), 1}, {7, BoxAt(100), 3}});
  CHECK(pool.background.empty());
}

TEST_CASE("a proposal takes the class of the object that it overlaps most, from an IoU of 0.5") {
  // 10 x 10 against 20 x 10 is an IoU of exactly 0.5.
  const RegionPool pool = PoolOf({BoxAt(100, 20), BoxAt(100, 20.1F), BoxAt(1)});
  REQUIRE(pool.foreground.size() == 4);
  CHECK(pool.foreground[2] == LabelledRegion{7, BoxAt(100, 20), 3});
  CHECK(pool.foreground[3] == LabelledRegion{7, BoxAt(1), 1});
  CHECK(pool.background == std::vector<LabelledRegion>{{7, BoxAt(100, 20.1F), 0}});
}

TEST_CASE("a proposal on a difficult object is neither foreground nor background") {
  const RegionPool pool = PoolOf({BoxAt(200), BoxAt(201)});
  CHECK(pool.foreground.size() == 2);
  CHECK(pool.background.empty());
}

TEST_CASE("background can be held to a range of overlaps") {
  // IoUs of 0, 1/3 and 3/7.
  const std::vector<Box> proposals = {BoxAt(50), BoxAt(5), BoxAt(4)};
  CHECK(PoolOf(proposals).background.size() == 3);
  CHECK(PoolOf(proposals, {.background_min_iou = 0.1}).background.size() == 2);
  CHECK(PoolOf(proposals, {.background_max_iou = 0.4}).background.size() == 2);
  CHECK_THROWS_WITH(PoolOf({}, {.foreground_iou = 0.4}), Catch::Contains("background_max_iou"));
}

// 90 regions of label 1, 10 of label 2, and 50 of background.
RegionPool LopsidedPool() {
  RegionPool pool;
  for (std::size_t i = 0; i < 100; ++i)
    pool.foreground.push_back({i, BoxAt(static_cast<float>(i)), i < 90 ? 1U : 2U});
  for (std::size_t i = 0; i < 50; ++i)
    pool.background.push_back({i, BoxAt(static_cast<float>(i)), 0});
  return pool;
}

std::map<std::size_t, double> SharesOf(const RegionSampler& sampler) {
  constexpr std::uint64_t kBatches = 200;
  std::map<std::size_t, double> shares;
  for (std::uint64_t number = 0; number < kBatches; ++number) {
    for (const RegionExample& example : sampler.Batch(number))
      shares[example.region.label] += 1.0 / (kBatches * static_cast<double>(sampler.BatchSize()));
  }
  return shares;
}

TEST_CASE("a batch has 32 objects and then 96 background regions, drawn evenly over regions") {
  const RegionSampler sampler(LopsidedPool(), {});
  const std::vector<RegionExample> batch = sampler.Batch(3);
  REQUIRE(batch.size() == 128);
  const RegionPool& pool = sampler.pool();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    CHECK((batch[i].region.label > 0) == (i < 32));
    const std::size_t position = batch[i].position;
    CHECK(batch[i].region ==
          (i < 32 ? pool.foreground.at(position) : pool.background.at(position - 100)));
  }
  std::map<std::size_t, double> shares = SharesOf(sampler);
  CHECK(shares[0] == Approx(0.75));
  CHECK(shares[1] == Approx(0.25 * 0.9).margin(0.01));
  CHECK(shares[2] == Approx(0.25 * 0.1).margin(0.01));
}

TEST_CASE("class-balanced batches have every class equally often") {
  std::map<std::size_t, double> shares =
      SharesOf(RegionSampler(LopsidedPool(), {.class_balanced = true}));
  CHECK(shares[1] == Approx(0.125).margin(0.01));
  CHECK(shares[2] == Approx(0.125).margin(0.01));
}

TEST_CASE("half of the examples are mirrored, none when that is switched off") {
  const auto mirrored = [](const RegionSampler& sampler) {
    std::size_t count = 0;
    for (std::uint64_t number = 0; number < 50; ++number) {
      const std::vector<RegionExample> batch = sampler.Batch(number);
      count += static_cast<std::size_t>(std::count_if(
          batch.begin(), batch.end(), [](const RegionExample& e) { return e.mirrored; }));
    }
    return static_cast<double>(count) / (50 * 128);
  };
  CHECK(mirrored(RegionSampler(LopsidedPool(), {})) == Approx(0.5).margin(0.03));
  CHECK(mirrored(RegionSampler(LopsidedPool(), {.mirror = false})) == 0);
}

TEST_CASE("a batch is a function of its number and the seed") {
  const RegionSampler sampler(LopsidedPool(), {.seed = 1});
  CHECK(sampler.Batch(5) == RegionSampler(LopsidedPool(), {.seed = 1}).Batch(5));
  CHECK(sampler.Batch(5) != sampler.Batch(6));
  CHECK(sampler.Batch(5) != RegionSampler(LopsidedPool(), {.seed = 2}).Batch(5));
}

TEST_CASE("a pool without what is wanted is an error") {
  RegionPool pool = LopsidedPool();
  pool.background.clear();
  CHECK_THROWS_WITH(RegionSampler(pool, {}), Catch::Contains("background"));
  CHECK_NOTHROW(RegionSampler(pool, {.background = 0}));
  pool.foreground.clear();
  CHECK_THROWS_WITH(RegionSampler(pool, {.background = 0}), Catch::Contains("foreground"));
}

}  // namespace
}  // namespace deeper
