#include "proposals/selective_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "core/error.h"
#include "proposals/colour_space.h"
#include "proposals/graph_segmentation.h"
#include "proposals/grouping_features.h"
#include "proposals/opencv_selective_search.h"
#include "proposals/proposal_ranking.h"
#include "proposals/region_hierarchy.h"

namespace deeper {
namespace {

constexpr Similarities kColourTextureSizeFill{};
constexpr Similarities kTextureSizeFill{.colour = false};
constexpr Similarities kFill{.colour = false, .texture = false, .size = false};
constexpr Similarities kSize{.colour = false, .texture = false, .fill = false};

constexpr int kLargestFrame = 1 << 28;
constexpr double kLargestSigma = 50;

void Check(bool holds, const char* field, double found, const char* bound) {
  if (holds) return;
  throw Error(fmt::format("selective search: {} is {}, expected {}", field, found, bound));
}

// Shrinks by the mean over the area that a pixel covers; enlarges bilinearly.
Image Resize(const Image& image, FrameSize frame) {
  if (frame == FrameSize{.width = image.width, .height = image.height}) return image;
  // OpenCV has no view of constant data; resize only reads it.
  const cv::Mat src(
      image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.bgr.data()));
  Image resized = MakeImage(frame.width, frame.height, 0, 0, 0);
  cv::Mat dst(frame.height, frame.width, CV_8UC3, resized.bgr.data());
  const bool shrinks = frame.width <= image.width && frame.height <= image.height;
  cv::resize(src, dst, dst.size(), 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  return resized;
}

// All hierarchies of the options. Combinations share what they can: colours, edges and texture are
// computed once per colour space; regions, their features and neighbours once per segmentation.
std::vector<KeyedBox> OurSelectiveSearch(const Image& resized,
                                         const SelectiveSearchOptions& options,
                                         Random& random) {
  std::vector<KeyedBox> boxes;
  for (const ColourSpace space : options.colour_spaces) {
    const ColourPlanes planes = ConvertColour(resized, space);
    const SegmentationGraph graph = BuildSegmentationGraph(planes, options.sigma);
    const PixelBins bins = ComputePixelBins(planes);
    for (const int k : options.k) {
      const Segmentation segmentation = SegmentGraph(graph, k, k);
      const GroupingFeatures features = ComputeGroupingFeatures(segmentation, bins);
      const std::vector<RegionPair> neighbours = FindNeighbours(segmentation);
      AppendKeyedInitial(features.boxes, random, boxes);
      for (const Similarities& similarities : options.similarities) {
        AppendKeyed(GrowHierarchy(features, neighbours, similarities), random, boxes);
      }
    }
  }
  return boxes;
}

Proposal WholePicture(FrameSize picture) {
  return {.box = {.x0 = 0,
                  .y0 = 0,
                  .x1 = static_cast<float>(picture.width),
                  .y1 = static_cast<float>(picture.height)},
          .rank = 0};
}

// Whether IoU(a, b) <= bound already follows from the areas.
bool AreasDiffer(double area_a, double area_b, double bound) {
  return std::min(area_a, area_b) < bound * std::max(area_a, area_b) * (1 - 1e-9);
}

}  // namespace

void SelectiveSearchOptions::Validate() const {
  const auto count = [](const auto& list) { return static_cast<double>(list.size()); };
  Check(!colour_spaces.empty(), "the number of colour_spaces", count(colour_spaces), "at least 1");
  Check(!similarities.empty(), "the number of similarities", count(similarities), "at least 1");
  Check(!k.empty(), "the number of k", count(k), "at least 1");
  for (const Similarities& s : similarities) {
    Check(s.colour || s.texture || s.size || s.fill,
          "the number of similarities in a sum",
          0,
          "at least 1");
  }
  for (const int value : k) Check(value >= 1, "k", value, "at least 1");
  Check(sigma >= 0 && sigma <= kLargestSigma, "sigma", sigma, "0 to 50 px");
  Check(width_px >= 0, "width_px", width_px, "at least 0");
  Check(max_area_px >= 1 && max_area_px <= kLargestFrame,
        "max_area_px",
        max_area_px,
        "1 to 268435456");
  Check(min_side_px >= 0, "min_side_px", min_side_px, "at least 0");
  Check(max_iou > 0 && max_iou <= 1, "max_iou", max_iou, "above 0 and at most 1");
  Check(max_boxes >= 0, "max_boxes", max_boxes, "at least 0");
}

SelectiveSearchOptions FastSelectiveSearch() {
  SelectiveSearchOptions options;
  options.colour_spaces = {ColourSpace::kHsv, ColourSpace::kLab};
  options.similarities = {kColourTextureSizeFill, kTextureSizeFill};
  options.k = {50, 100};
  return options;
}

SelectiveSearchOptions QualitySelectiveSearch() {
  SelectiveSearchOptions options;
  options.colour_spaces = {ColourSpace::kHsv,
                           ColourSpace::kLab,
                           ColourSpace::kRgi,
                           ColourSpace::kHue,
                           ColourSpace::kIntensity};
  options.similarities = {kColourTextureSizeFill, kTextureSizeFill, kFill, kSize};
  options.k = {50, 100, 150, 300};
  return options;
}

SelectiveSearchOptions DoubleSuperpixelSelectiveSearch() {
  SelectiveSearchOptions options = FastSelectiveSearch();
  options.k = {100, 200};
  return options;
}

SelectiveSearchOptions SelectiveSearchPreset(const std::string& name) {
  if (name == "fast") return FastSelectiveSearch();
  if (name == "quality") return QualitySelectiveSearch();
  if (name == "x2") return DoubleSuperpixelSelectiveSearch();
  if (name == "opencv") {
    SelectiveSearchOptions options = FastSelectiveSearch();
    options.implementation = SelectiveSearchImplementation::kOpenCv;
    return options;
  }
  throw Error(
      fmt::format("selective search: no preset '{}', expected fast, quality, x2 or opencv", name));
}

std::vector<Proposal> SelectiveSearch(const Image& image, const SelectiveSearchOptions& options) {
  Expects(!image.IsEmpty(), "a picture with pixels");
  options.Validate();
  const FrameSize picture{.width = image.width, .height = image.height};
  const FrameSize frame = ResizedFrame(picture, options.width_px, options.max_area_px);
  const Image resized = Resize(image, frame);
  Random random = RandomOfPicture(image, options.seed);

  const bool ours = options.implementation == SelectiveSearchImplementation::kOurs;
  std::vector<KeyedBox> boxes = ours ? OurSelectiveSearch(resized, options, random)
                                     : OpenCvSelectiveSearch(resized, options, random);
  std::vector<Proposal> proposals =
      RankBoxes(std::move(boxes), frame, picture, options.min_side_px);
  if (proposals.empty()) proposals.push_back(WholePicture(picture));
  if (options.max_iou < 1) proposals = DropNearDuplicates(std::move(proposals), options.max_iou);
  if (options.max_boxes > 0 && proposals.size() > static_cast<std::size_t>(options.max_boxes)) {
    proposals.resize(static_cast<std::size_t>(options.max_boxes));
  }
  return proposals;
}

std::vector<Proposal> DropNearDuplicates(std::vector<Proposal> proposals, double max_iou) {
  Expects(max_iou >= 0, "max_iou at least 0");
  std::stable_sort(proposals.begin(), proposals.end(), [](const Proposal& a, const Proposal& b) {
    return a.rank < b.rank;
  });
  std::vector<Proposal> kept;
  std::vector<double> kept_areas;
  for (const Proposal& proposal : proposals) {
    const double area = Area(proposal.box);
    bool is_near_duplicate = false;
    for (std::size_t i = 0; i < kept.size() && !is_near_duplicate; ++i) {
      is_near_duplicate =
          !AreasDiffer(area, kept_areas[i], max_iou) && Iou(proposal.box, kept[i].box) > max_iou;
    }
    if (is_near_duplicate) continue;
    kept.push_back({.box = proposal.box, .rank = static_cast<int>(kept.size())});
    kept_areas.push_back(area);
  }
  return kept;
}

SelectiveSearchOptions DefaultProposals() {
  SelectiveSearchOptions options = DoubleSuperpixelSelectiveSearch();
  options.max_iou = 0.9;
  return options;
}

std::string SearchText(const SelectiveSearchOptions& options) {
  std::string text =
      options.implementation == SelectiveSearchImplementation::kOurs ? "ours" : "opencv";
  text += " colours";
  for (const ColourSpace colour : options.colour_spaces)
    text += fmt::format(" {}", static_cast<int>(colour));
  text += " similarities";
  for (const Similarities& sum : options.similarities) {
    text += fmt::format(" {}{}{}{}",
                        sum.colour ? "C" : "",
                        sum.texture ? "T" : "",
                        sum.size ? "S" : "",
                        sum.fill ? "F" : "");
  }
  text += fmt::format(" k {}", fmt::join(options.k, " "));
  return text + fmt::format(" sigma {} width {} area {} side {} iou {} boxes {} seed {}",
                            options.sigma,
                            options.width_px,
                            options.max_area_px,
                            options.min_side_px,
                            options.max_iou,
                            options.max_boxes,
                            options.seed);
}

}  // namespace deeper
