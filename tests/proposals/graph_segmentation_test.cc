#include "proposals/graph_segmentation.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <opencv2/ximgproc/segmentation.hpp>
#include <set>
#include <tuple>

#include "proposals/gaussian_filter.h"
#include "tests/proposals/synthetic_pictures.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

struct PlainEdge {
  int level = 0;
  int direction = 0;
  int a = 0;
  int b = 0;

  auto operator<=>(const PlainEdge&) const = default;
};

std::vector<PlainEdge> PlainEdges(const ColourPlanes& planes, double sigma) {
  const HalfKernel gaussian = GaussianKernel(sigma, static_cast<int>(std::ceil(4 * sigma)));
  const auto row_length = static_cast<std::size_t>(planes.width);
  std::vector<std::vector<float>> smoothed;
  for (int channel = 0; channel < planes.channels; ++channel) {
    RowFilter filter(planes.Plane(channel), planes.width, planes.height, gaussian, gaussian);
    smoothed.emplace_back(planes.PixelCount());
    for (int y = 0; y < planes.height; ++y) {
      filter.FilterRow(y, smoothed.back().data() + static_cast<std::size_t>(y) * row_length);
    }
  }
  std::vector<PlainEdge> edges;
  const std::vector<std::pair<int, int>> steps = {{1, 0}, {0, 1}, {1, 1}, {-1, 1}};
  for (int y = 0; y < planes.height; ++y) {
    for (int x = 0; x < planes.width; ++x) {
      for (std::size_t d = 0; d < steps.size(); ++d) {
        const int x2 = x + steps[d].first;
        const int y2 = y + steps[d].second;
        if (x2 < 0 || x2 >= planes.width || y2 >= planes.height) continue;
        const int a = y * planes.width + x;
        const int b = y2 * planes.width + x2;
        float squares = 0;
        for (const std::vector<float>& plane : smoothed) {
          const float difference =
              plane[static_cast<std::size_t>(a)] - plane[static_cast<std::size_t>(b)];
          squares += difference * difference;
        }
        const float repeats = planes.channels == 1 ? 3.0F : 1.0F;
        edges.push_back(
            {.level = static_cast<int>(std::lround(128.0F * std::sqrt(repeats * squares))),
             .direction = static_cast<int>(d),
             .a = a,
             .b = b});
      }
    }
  }
  std::sort(edges.begin(), edges.end());
  return edges;
}

// Felzenszwalb and Huttenlocher's algorithm with a list of members for each component.
std::vector<std::int32_t> PlainSegmentation(const ColourPlanes& planes,
                                            double sigma,
                                            double k,
                                            int min_size_px) {
  const auto pixels = planes.PixelCount();
  std::vector<std::size_t> component(pixels);
  std::iota(component.begin(), component.end(), std::size_t{0});
  std::map<std::size_t, std::vector<std::size_t>> members;
  std::map<std::size_t, float> largest_inside;
  for (std::size_t i = 0; i < pixels; ++i) {
    members[i] = {i};
    largest_inside[i] = 0;
  }
  const auto join = [&](std::size_t a, std::size_t b, float weight) {
    for (const std::size_t pixel : members[b]) {
      component[pixel] = a;
      members[a].push_back(pixel);
    }
    members.erase(b);
    largest_inside[a] = weight;
  };
  const auto threshold = [&](std::size_t c) {
    return largest_inside[c] + static_cast<float>(k) / static_cast<float>(members[c].size());
  };
  const std::vector<PlainEdge> edges = PlainEdges(planes, sigma);
  for (const PlainEdge& edge : edges) {
    const std::size_t a = component[static_cast<std::size_t>(edge.a)];
    const std::size_t b = component[static_cast<std::size_t>(edge.b)];
    const float weight = static_cast<float>(edge.level) / 128.0F;
    if (a != b && weight <= std::min(threshold(a), threshold(b))) join(a, b, weight);
  }
  for (const PlainEdge& edge : edges) {
    const std::size_t a = component[static_cast<std::size_t>(edge.a)];
    const std::size_t b = component[static_cast<std::size_t>(edge.b)];
    const auto smallest = std::min(members[a].size(), members[b].size());
    if (a != b && smallest < static_cast<std::size_t>(min_size_px)) join(a, b, 0);
  }
  std::map<std::size_t, std::int32_t> label_of_component;
  std::vector<std::int32_t> labels;
  for (const std::size_t c : component) {
    labels.push_back(
        label_of_component.try_emplace(c, static_cast<std::int32_t>(label_of_component.size()))
            .first->second);
  }
  return labels;
}

Segmentation Segment(const Image& image, ColourSpace space, double k, int min_size_px) {
  return SegmentGraph(BuildSegmentationGraph(ConvertColour(image, space), 0.8), k, min_size_px);
}

TEST_CASE("The segmentation is that of the plain algorithm") {
  for (const auto& [width, height] :
       {std::pair{1, 1}, {1, 40}, {40, 1}, {2, 2}, {31, 23}, {48, 37}}) {
    for (const ColourSpace space : {ColourSpace::kLab, ColourSpace::kIntensity}) {
      for (const int k : {1, 30, 100}) {
        CAPTURE(width, height, space, k);
        const Image image = test::RectanglesPicture(width, height, 12, 7);
        const ColourPlanes planes = ConvertColour(image, space);
        const Segmentation segmentation = SegmentGraph(BuildSegmentationGraph(planes, 0.8), k, k);
        CHECK(segmentation.labels == PlainSegmentation(planes, 0.8, k, k));
        CHECK(segmentation.region_count ==
              1 + *std::max_element(segmentation.labels.begin(), segmentation.labels.end()));
      }
    }
  }
}

TEST_CASE("Noise without smoothing is segmented as the plain algorithm does") {
  const ColourPlanes planes = ConvertColour(test::NoisePicture(29, 31, 3), ColourSpace::kRgi);
  const Segmentation segmentation = SegmentGraph(BuildSegmentationGraph(planes, 0), 200, 5);
  CHECK(segmentation.region_count > 10);
  CHECK(segmentation.labels == PlainSegmentation(planes, 0, 200, 5));
}

TEST_CASE("Edges are sorted by weight and number four a pixel less those over the border") {
  const ColourPlanes planes = ConvertColour(test::NoisePicture(17, 11, 1), ColourSpace::kLab);
  const SegmentationGraph graph = BuildSegmentationGraph(planes, 0.8);
  CHECK(graph.edges.size() == 16 * 11 + 17 * 10 + 2 * 16 * 10);
  CHECK(std::set<std::uint32_t>(graph.edges.begin(), graph.edges.end()).size() ==
        graph.edges.size());
  CHECK(std::is_sorted(graph.level_begin.begin(), graph.level_begin.end()));
  CHECK(graph.level_begin.back() == graph.edges.size());
}

TEST_CASE("No region of a picture that is large enough is smaller than the minimum size") {
  const Segmentation segmentation =
      Segment(test::NoisePicture(60, 50, 2), ColourSpace::kHsv, 20, 40);
  std::vector<int> sizes(static_cast<std::size_t>(segmentation.region_count));
  for (const std::int32_t label : segmentation.labels) ++sizes[static_cast<std::size_t>(label)];
  CHECK(*std::min_element(sizes.begin(), sizes.end()) >= 40);
  CHECK(segmentation.region_count > 1);
}

TEST_CASE("A constant picture is one region and two flat halves are two") {
  CHECK(Segment(MakeImage(40, 30, 9, 80, 200), ColourSpace::kLab, 50, 50).region_count == 1);
  Image halves = MakeImage(40, 30, 9, 80, 200);
  test::FillRectangle(20, 0, 40, 30, {.blue = 200, .green = 10, .red = 10}, halves);
  const Segmentation segmentation = Segment(halves, ColourSpace::kLab, 50, 50);
  REQUIRE(segmentation.region_count == 2);
  for (int y = 0; y < 30; ++y) {
    for (int x = 0; x < 40; ++x) {
      CHECK(segmentation.labels[static_cast<std::size_t>(y * 40 + x)] == (x < 20 ? 0 : 1));
    }
  }
}

TEST_CASE("A larger k gives fewer regions") {
  const Image image = test::RectanglesPicture(120, 90, 40, 11);
  const int small = Segment(image, ColourSpace::kLab, 10, 1).region_count;
  const int large = Segment(image, ColourSpace::kLab, 300, 1).region_count;
  CHECK(large < small);
  CHECK(large > 1);
}

// OpenCV smooths over a slightly smaller radius and mirrors at the edges, so single pixels may
// differ.
TEST_CASE("OpenCV's graph segmentation finds the same regions") {
  const Image image = test::RectanglesPicture(160, 120, 14, 5);
  const ColourPlanes planes = ConvertColour(image, ColourSpace::kLab);
  cv::Mat interleaved(image.height, image.width, CV_8UC3);
  for (std::size_t i = 0; i < planes.PixelCount(); ++i) {
    for (int channel = 0; channel < 3; ++channel) {
      interleaved.data[3 * i + static_cast<std::size_t>(channel)] = planes.Plane(channel)[i];
    }
  }
  cv::Mat opencv_labels;
  cv::ximgproc::segmentation::createGraphSegmentation(0.8, 100, 100)
      ->processImage(interleaved, opencv_labels);
  const Segmentation ours = SegmentGraph(BuildSegmentationGraph(planes, 0.8), 100, 100);

  // Each of our regions against the one of OpenCV's that shares most pixels with it.
  std::map<std::pair<int, int>, int> shared;
  for (int i = 0; i < image.width * image.height; ++i) {
    ++shared[{ours.labels[static_cast<std::size_t>(i)],
              opencv_labels.at<int>(i / image.width, i % image.width)}];
  }
  std::map<int, int> best;
  for (const auto& [labels, pixels] : shared)
    best[labels.first] = std::max(best[labels.first], pixels);
  int agreeing = 0;
  for (const auto& [label, pixels] : best) agreeing += pixels;
  double opencv_max = 0;
  cv::minMaxLoc(opencv_labels, nullptr, &opencv_max);
  CAPTURE(ours.region_count, opencv_max, agreeing);
  CHECK(std::abs(ours.region_count - static_cast<int>(opencv_max) - 1) <= 2);
  CHECK(agreeing > 0.95 * image.width * image.height);
}

}  // namespace
}  // namespace deeper
