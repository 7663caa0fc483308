#include "proposals/region_hierarchy.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "tests/proposals/synthetic_pictures.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

// A region with everything that a similarity needs, in doubles.
struct PlainRegion {
  std::vector<double> texture;
  std::vector<double> colour;
  double size = 0;
  PixelBox box;
  std::set<std::size_t> neighbours;
  bool alive = true;
};

double PlainIntersection(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::min(a[i], b[i]);
  return sum;
}

double PlainSimilarity(const PlainRegion& a,
                       const PlainRegion& b,
                       const Similarities& similarities,
                       double image) {
  double sum = 0;
  if (similarities.colour) sum += PlainIntersection(a.colour, b.colour);
  if (similarities.texture) sum += PlainIntersection(a.texture, b.texture);
  if (similarities.size) sum += 1 - (a.size + b.size) / image;
  const PixelBox box = Union(a.box, b.box);
  if (similarities.fill) {
    sum += 1 - (double{1} * box.Width() * box.Height() - a.size - b.size) / image;
  }
  return sum;
}

std::vector<double> WeightedMean(const std::vector<double>& a,
                                 double weight_a,
                                 const std::vector<double>& b,
                                 double weight_b) {
  std::vector<double> mean;
  for (std::size_t i = 0; i < a.size(); ++i) {
    mean.push_back((weight_a * a[i] + weight_b * b[i]) / (weight_a + weight_b));
  }
  return mean;
}

// Algorithm 1 of the paper; every similarity is computed anew at every merge.
std::vector<PixelBox> PlainHierarchy(const GroupingFeatures& features,
                                     const std::vector<RegionPair>& pairs,
                                     const Similarities& similarities) {
  std::vector<PlainRegion> regions;
  double image = 0;
  for (std::size_t r = 0; r < features.RegionCount(); ++r) {
    const float* const texture = features.Texture(r);
    const float* const colour = features.Colour(r);
    regions.push_back({.texture = {texture, texture + features.texture_length},
                       .colour = {colour, colour + features.colour_length},
                       .size = static_cast<double>(features.size_px[r]),
                       .box = features.boxes[r],
                       .neighbours = {}});
    image += features.size_px[r];
  }
  for (const RegionPair& pair : pairs) {
    regions[static_cast<std::size_t>(pair.a)].neighbours.insert(static_cast<std::size_t>(pair.b));
    regions[static_cast<std::size_t>(pair.b)].neighbours.insert(static_cast<std::size_t>(pair.a));
  }
  std::vector<PixelBox> merged;
  while (merged.size() + 1 < features.RegionCount()) {
    std::size_t best_a = 0;
    std::size_t best_b = 0;
    double best = -1;
    for (std::size_t a = 0; a < regions.size(); ++a) {
      for (const std::size_t b : regions[a].neighbours) {
        if (!regions[a].alive || !regions[b].alive || b < a) continue;
        const double similarity = PlainSimilarity(regions[a], regions[b], similarities, image);
        if (similarity > best) {
          best = similarity;
          best_a = a;
          best_b = b;
        }
      }
    }
    PlainRegion& a = regions[best_a];
    PlainRegion& b = regions[best_b];
    a.alive = b.alive = false;
    PlainRegion both{.texture = WeightedMean(a.texture, a.size, b.texture, b.size),
                     .colour = WeightedMean(a.colour, a.size, b.colour, b.size),
                     .size = a.size + b.size,
                     .box = Union(a.box, b.box),
                     .neighbours = a.neighbours};
    both.neighbours.insert(b.neighbours.begin(), b.neighbours.end());
    for (const std::size_t neighbour : both.neighbours) {
      regions[neighbour].neighbours.insert(regions.size());
    }
    merged.push_back(both.box);
    regions.push_back(std::move(both));
  }
  return merged;
}

// Four columns of 10 x 12 pixels: black, nearly black, white, nearly white.
Segmentation FourColumns() {
  Segmentation columns{.width = 40, .height = 12, .region_count = 4, .labels = {}};
  for (int i = 0; i < 40 * 12; ++i) columns.labels.push_back(i % 40 / 10);
  return columns;
}

TEST_CASE("Regions that share a side are neighbours, those that share a corner are not") {
  const Segmentation quarters{.width = 2, .height = 2, .region_count = 4, .labels = {0, 1, 2, 3}};
  CHECK(FindNeighbours(quarters) == std::vector<RegionPair>{{0, 1}, {0, 2}, {1, 3}, {2, 3}});
}

TEST_CASE("The last pixel of a row does not touch the first of the next") {
  const Segmentation columns{
      .width = 3, .height = 2, .region_count = 3, .labels = {0, 1, 2, 0, 1, 2}};
  CHECK(FindNeighbours(columns) == std::vector<RegionPair>{{0, 1}, {1, 2}});
}

TEST_CASE("One region has no neighbours and no merges") {
  const Segmentation one{.width = 2, .height = 1, .region_count = 1, .labels = {0, 0}};
  const PixelBins bins =
      ComputePixelBins(ConvertColour(MakeImage(2, 1, 1, 2, 3), ColourSpace::kHsv));
  CHECK(FindNeighbours(one).empty());
  CHECK(GrowHierarchy(ComputeGroupingFeatures(one, bins), {}, {}).empty());
}

TEST_CASE("By colour, dark columns merge, then light ones, then both") {
  Image image = MakeImage(40, 12, 0, 0, 0);
  test::FillRectangle(20, 0, 40, 12, {.blue = 250, .green = 250, .red = 250}, image);
  const Segmentation columns = FourColumns();
  const PixelBins bins = ComputePixelBins(ConvertColour(image, ColourSpace::kIntensity));
  const std::vector<PixelBox> merged =
      GrowHierarchy(ComputeGroupingFeatures(columns, bins),
                    FindNeighbours(columns),
                    {.colour = true, .texture = false, .size = false, .fill = false});
  CHECK(merged == std::vector<PixelBox>{{0, 0, 20, 12}, {20, 0, 40, 12}, {0, 0, 40, 12}});
}

TEST_CASE("Of equally similar pairs the one of older regions merges first") {
  const Segmentation columns = FourColumns();
  const PixelBins bins =
      ComputePixelBins(ConvertColour(MakeImage(40, 12, 5, 5, 5), ColourSpace::kIntensity));
  const std::vector<PixelBox> merged =
      GrowHierarchy(ComputeGroupingFeatures(columns, bins), FindNeighbours(columns), {});
  CHECK(merged == std::vector<PixelBox>{{0, 0, 20, 12}, {20, 0, 40, 12}, {0, 0, 40, 12}});
}

TEST_CASE("Every combination of similarities merges as the plain algorithm does") {
  const Image image = test::RectanglesPicture(90, 70, 20, 9);
  const ColourPlanes planes = ConvertColour(image, ColourSpace::kLab);
  const Segmentation segmentation = SegmentGraph(BuildSegmentationGraph(planes, 0.8), 20, 20);
  REQUIRE(segmentation.region_count > 20);
  const GroupingFeatures features = ComputeGroupingFeatures(segmentation, ComputePixelBins(planes));
  const std::vector<RegionPair> neighbours = FindNeighbours(segmentation);
  for (int bits = 1; bits < 16; ++bits) {
    const Similarities similarities{.colour = (bits & 1) != 0,
                                    .texture = (bits & 2) != 0,
                                    .size = (bits & 4) != 0,
                                    .fill = (bits & 8) != 0};
    CAPTURE(bits);
    const std::vector<PixelBox> merged = GrowHierarchy(features, neighbours, similarities);
    CHECK(merged.size() + 1 == features.RegionCount());
    CHECK(merged.back() == PixelBox{0, 0, 90, 70});
    CHECK(merged == PlainHierarchy(features, neighbours, similarities));
  }
}

TEST_CASE("Neighbours that leave a region out are refused") {
  const Segmentation columns = FourColumns();
  const PixelBins bins =
      ComputePixelBins(ConvertColour(MakeImage(40, 12, 5, 5, 5), ColourSpace::kIntensity));
  CHECK_THROWS_AS(GrowHierarchy(ComputeGroupingFeatures(columns, bins), {{0, 1}, {1, 2}}, {}),
                  ContractViolation);
}

}  // namespace
}  // namespace deeper
