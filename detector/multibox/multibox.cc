#include "detector/multibox/multibox.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "backbone/googlenet.h"
#include "backbone/rows.h"
#include "core/error.h"
#include "proposals/proposal_ranking.h"

namespace deeper {
namespace {

double Sigmoid(double z) {
  if (z >= 0) return 1 / (1 + std::exp(-z));
  return std::exp(z) / (1 + std::exp(z));
}

void RequireBlob(const Weights& weights,
                 const std::string& name,
                 const Shape& shape,
                 const std::string& source) {
  const auto found = weights.find(name);
  if (found == weights.end()) throw Error(source + ": MultiBox lacks '" + name + "'");
  const Tensor& blob = found->second;
  if (blob.shape != shape || blob.data.size() != shape.Count()) {
    throw Error(source + ": MultiBox's '" + name + "' has " + std::to_string(blob.data.size()) +
                " values or other sizes than expected, " + std::to_string(shape.Count()) +
                " values");
  }
  if (!std::ranges::all_of(blob.data, [](float value) { return std::isfinite(value); })) {
    throw Error(source + ": MultiBox's '" + name + "' has a value that is not finite");
  }
}

}  // namespace

UnitBox UnitBoxOf(const Box& box, int width_px, int height_px) {
  const double width = width_px;
  const double height = height_px;
  return {double{box.x0} / width,
          double{box.y0} / height,
          double{box.x1} / width,
          double{box.y1} / height};
}

std::vector<ScoredUnitBox> DecodeMultiBox(std::span<const MultiBoxPrior> priors,
                                          std::span<const float> outputs) {
  Expects(outputs.size() == MultiBoxOutputs(priors.size()), "five outputs a box");
  std::vector<ScoredUnitBox> boxes(priors.size());
  for (std::size_t i = 0; i < priors.size(); ++i) {
    for (std::size_t corner = 0; corner < 4; ++corner) {
      boxes[i].box[corner] = double{priors[i].mean[corner]} +
                             double{priors[i].deviation[corner]} * double{outputs[4 * i + corner]};
    }
    boxes[i].confidence = Sigmoid(double{outputs[4 * priors.size() + i]});
  }
  return boxes;
}

double WeightOf(const UnitBox& box, MultiBoxDistance distance) {
  if (distance == MultiBoxDistance::kAbsolute) return 1;
  return 1 / std::sqrt((box[2] - box[0]) * (box[3] - box[1]));
}

std::string NameOf(MultiBoxDistance distance) {
  return distance == MultiBoxDistance::kAbsolute ? "absolute" : "relative";
}

MultiBoxDistance MultiBoxDistanceFromName(const std::string& name) {
  for (const MultiBoxDistance distance :
       {MultiBoxDistance::kAbsolute, MultiBoxDistance::kRelative}) {
    if (name == NameOf(distance)) return distance;
  }
  throw Error("distance: expected absolute or relative, found '" + name + "'");
}

void ValidateMultiBox(const MultiBox& multibox, const std::string& source) {
  if (multibox.priors.empty()) throw Error(source + ": MultiBox has no priors");
  for (const MultiBoxPrior& prior : multibox.priors) {
    for (std::size_t corner = 0; corner < 4; ++corner) {
      if (std::isfinite(prior.mean[corner]) && std::isfinite(prior.deviation[corner]) &&
          prior.deviation[corner] > 0) {
        continue;
      }
      throw Error(source +
                  ": a prior of MultiBox has a mean that is not finite, or a deviation "
                  "that is not a number above 0");
    }
  }
  std::vector<Layer> layers = GoogLeNetConvolutions();
  const std::vector<Layer> head = MapHeadLayers();
  layers.insert(layers.end(), head.begin(), head.end());
  for (const Layer& layer : layers) {
    RequireBlob(multibox.weights, WeightName(layer.name), WeightShape(layer), source);
    RequireBlob(multibox.weights, BiasName(layer.name), BiasShape(layer), source);
  }
  const std::size_t outputs = MultiBoxOutputs(multibox.priors.size());
  const std::string classifier = MapHeadClassifierName();
  RequireBlob(multibox.weights, WeightName(classifier), {outputs, kMapHeadFeatures, 1, 1}, source);
  RequireBlob(multibox.weights, BiasName(classifier), {outputs, 1, 1, 1}, source);
  if (multibox.weights.size() != 2 * layers.size() + 2) {
    throw Error(source + ": MultiBox has " + std::to_string(multibox.weights.size()) +
                " blobs, expected " + std::to_string(2 * layers.size() + 2));
  }
}

std::vector<Proposal> MultiBoxProposals(std::vector<ScoredUnitBox> boxes,
                                        int width_px,
                                        int height_px) {
  Expects(width_px > 0 && height_px > 0, "a picture with pixels");
  std::stable_sort(boxes.begin(), boxes.end(), [](const ScoredUnitBox& a, const ScoredUnitBox& b) {
    return a.confidence > b.confidence;
  });
  std::vector<Proposal> proposals;
  std::set<std::array<float, 4>> seen;
  for (const ScoredUnitBox& scored : boxes) {
    const UnitBox& unit = scored.box;
    const Box rounded = {.x0 = static_cast<float>(std::floor(unit[0] * width_px)),
                         .y0 = static_cast<float>(std::floor(unit[1] * height_px)),
                         .x1 = static_cast<float>(std::ceil(unit[2] * width_px)),
                         .y1 = static_cast<float>(std::ceil(unit[3] * height_px))};
    if (unit[2] <= unit[0] || unit[3] <= unit[1]) continue;
    const Box box = ClipToImage(rounded, width_px, height_px);
    if (box.IsEmpty() || !seen.insert({box.x0, box.y0, box.x1, box.y1}).second) continue;
    proposals.push_back({.box = box, .rank = static_cast<int>(proposals.size())});
  }
  return proposals;
}

SelectiveSearchOptions WithSidesOfMultiBox(SelectiveSearchOptions options) {
  options.min_side_px /= 2;
  return options;
}

std::vector<Proposal> JoinProposals(const std::vector<Proposal>& multibox,
                                    const std::vector<Proposal>& selective_search,
                                    const SelectiveSearchOptions& options,
                                    int width_px,
                                    int height_px) {
  const FrameSize frame =
      ResizedFrame({.width = width_px, .height = height_px}, options.width_px, options.max_area_px);
  const int min_side_px = WithSidesOfMultiBox(options).min_side_px;
  const auto is_small = [&](const Box& box) {
    const double width = double{box.Width()} * frame.width / width_px;
    const double height = double{box.Height()} * frame.height / height_px;
    return std::min(width, height) < min_side_px;
  };
  std::vector<Proposal> joined;
  std::set<std::array<float, 4>> seen;
  const auto add = [&](const Box& box) {
    if (!seen.insert({box.x0, box.y0, box.x1, box.y1}).second) return;
    joined.push_back({.box = box, .rank = static_cast<int>(joined.size())});
  };
  for (std::size_t i = 0; i < std::max(multibox.size(), selective_search.size()); ++i) {
    if (i < multibox.size() && !is_small(multibox[i].box)) add(multibox[i].box);
    if (i < selective_search.size()) add(selective_search[i].box);
  }
  if (options.max_iou < 1) joined = DropNearDuplicates(std::move(joined), options.max_iou);
  if (options.max_boxes > 0 && joined.size() > static_cast<std::size_t>(options.max_boxes)) {
    joined.resize(static_cast<std::size_t>(options.max_boxes));
  }
  return joined;
}

}  // namespace deeper
