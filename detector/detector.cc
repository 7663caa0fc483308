#include "detector/detector.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "backbone/network_family.h"
#include "backbone/precision.h"
#include "core/error.h"
#include "core/files/sha256.h"
#include "core/proposal.h"
#include "core/remedy.h"
#include "core/work/stopwatch.h"
#include "detector/heads/region_features.h"
#include "detector/model/find_backbone.h"
#include "detector/model/model_file.h"
#include "detector/multibox/multibox_network.h"
#include "detector/proposer.h"
#include "detector/recipe.h"
#include "detector/regions/crop.h"
#include "detector/regions/feature_cache.h"
#include "detector/suppression/fusion.h"

namespace deeper {

namespace fs = std::filesystem;

namespace {

// A model that is ready to run.
struct Member {
  Model model;
  Network network;
  std::string recipe;
  std::string digest;
  std::optional<FeatureCache> cache;
};

// Models that read the same crops and whose networks have their first rows in common.
struct Family {
  std::vector<const Member*> members;
  std::vector<std::size_t> positions;  // parallel to members: theirs among all
  FeatureExtractor extractor;

  // Features of the boxes by each member. If features are kept, this is their name.
  template <typename MakeBoxes>
  std::vector<RegionFeatures> FeaturesOf(const std::string& entry,
                                         const Image& image,
                                         const MakeBoxes& make_boxes,
                                         StageTimes& times) {
    std::vector<RegionFeatures> kept;
    for (const Member* member : members) {
      std::optional<RegionFeatures> cached;
      if (member->cache) cached = member->cache->Load(entry);
      if (!cached) break;
      kept.push_back(*std::move(cached));
    }
    if (kept.size() == members.size()) return kept;
    std::vector<RegionFeatures> extracted = extractor.ExtractForAll(image, make_boxes(), times);
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (members[i]->cache) members[i]->cache->Store(entry, extracted[i]);
    }
    return extracted;
  }

  bool ReadsContext() const {
    return std::ranges::any_of(
        members, [](const Member* member) { return member->model.context_weight != 0; });
  }
};

// Throws Error unless the scores of the two models can be joined.
void RequireAlike(const Model& model,
                  const fs::path& file,
                  const Model& reference,
                  const fs::path& reference_file) {
  if (model.classes != reference.classes) {
    throw Error(
        fmt::format("{}: its classes are not those of {}; models that score together have "
                    "the same in the same order",
                    file.string(),
                    reference_file.string()));
  }
  if (model.calibration.has_value() != reference.calibration.has_value()) {
    throw ErrorWithRemedy(
        fmt::format("{}: its scores are {}, those of {} are not; make all of them probabilities",
                    file.string(),
                    model.calibration ? "probabilities" : "margins",
                    reference_file.string()),
        Remedy::kCalibrate);
  }
}

}  // namespace

struct Detector::State {
  std::vector<std::unique_ptr<Member>> members;
  std::vector<Family> families;  // a model is in one of them
  std::vector<double> weights;
  std::vector<fs::path> files;
  std::optional<Proposer> proposer;  // the first model's
  std::optional<int> side_that_crops_need;
  bool fuses_boxes = false;
  double fusion_iou = 0;
  std::vector<std::string> remarks;

  void Remark(const std::string& remark) {
    if (!remark.empty()) remarks.push_back(remark);
  }

  // `model` is the first, which proposes for all.
  void MakeProposer(const Model& model, const DetectorOptions& options) {
    const SelectiveSearchOptions search =
        options.search ? options.search(model.proposals) : model.proposals;
    if (!options.multibox || !model.multibox) {
      proposer.emplace(search);
      return;
    }
    const ChosenPrecision chosen = ChooseMultiBoxPrecision(options.precision);
    Remark(chosen.remark);
    proposer.emplace(search, *model.multibox, chosen.precision, options.multibox_views);
  }

  std::unique_ptr<Member> MakeMember(Model model,
                                     const Weights& backbone,
                                     const fs::path& file,
                                     const DetectorOptions& options) {
    const ChosenPrecision chosen =
        ChoosePrecision(options.precision, model.quantization.has_value());
    Remark(chosen.remark);
    Network network(backbone, {.precision = chosen.precision, .quantization = model.quantization});
    std::string recipe =
        RecipeOf(model.backbone_fingerprint, network.options(), model.crop, *proposer) +
        RegressionRecipe(model.box_regression);
    std::optional<FeatureCache> cache;
    if (!options.feature_cache.empty()) {
      fs::path directory = options.feature_cache;
      if (files.size() > 1) directory /= file.stem();
      cache.emplace(directory, fmt::format("{}inputs {}\nall proposals\n", recipe, options.inputs));
    }
    return std::make_unique<Member>(Member{.model = std::move(model),
                                           .network = std::move(network),
                                           .recipe = std::move(recipe),
                                           .digest = DigestOfFile(file),
                                           .cache = std::move(cache)});
  }

  void MakeFamilies(std::span<const std::vector<std::string>> row_fingerprints) {
    std::vector<CropOptions> crops;
    for (const std::unique_ptr<Member>& member : members) crops.push_back(member->model.crop);
    for (FamilyMembers& together : GroupIntoFamilies(row_fingerprints, crops)) {
      std::vector<const Member*> own;
      std::vector<const Network*> networks;
      std::vector<const BoxRegression*> regressions;
      for (const std::size_t position : together.positions) {
        own.push_back(members[position].get());
        networks.push_back(&own.back()->network);
        const std::optional<BoxRegression>& regression = own.back()->model.box_regression;
        regressions.push_back(regression ? &*regression : nullptr);
      }
      NetworkFamily family(std::move(networks), together.shared_rows);
      families.push_back(
          {.members = own,
           .positions = std::move(together.positions),
           .extractor = {std::move(family), own.front()->model.crop, std::move(regressions)}});
    }
  }

  // The side beyond which no crop needs more of a decoded picture, if there is one.
  std::optional<int> SideThatCropsNeed() const {
    const SelectiveSearchOptions smallest = proposer->SmallestSides();
    int largest = 0;
    for (const std::unique_ptr<Member>& member : members) {
      const std::optional<int> side = deeper::SideThatCropsNeed(member->model.crop, smallest);
      if (!side) return std::nullopt;
      largest = std::max(largest, *side);
    }
    return largest;
  }
};

Detector::Detector(const std::vector<fs::path>& models, const DetectorOptions& options)
    : state_(std::make_unique<State>()) {
  Expects(!models.empty(), "a detector of at least one model");
  options.Validate();
  state_->files = models;
  state_->fuses_boxes = options.fusion == Fusion::kBoxes;
  state_->fusion_iou = options.fusion_iou;
  state_->weights =
      options.weights.empty() ? std::vector<double>(models.size(), 1) : options.weights;
  if (state_->weights.size() != models.size()) {
    throw Error(fmt::format("expected a weight for each of the {} models, found {}",
                            models.size(),
                            state_->weights.size()));
  }
  const bool are_several = models.size() > 1;
  std::vector<std::vector<std::string>> fingerprints;
  for (const fs::path& file : models) {
    Model model = LoadModel(file);
    if (!state_->proposer) state_->MakeProposer(model, options);
    model.multibox.reset();
    const Weights backbone = FindBackbone(
        model, file, options.backbone.empty() ? std::nullopt : std::optional(options.backbone));
    model.backbone.reset();  // the network has them now
    if (!state_->members.empty()) RequireAlike(model, file, first(), models.front());
    if (state_->fuses_boxes && !model.calibration) {
      throw ErrorWithRemedy(
          fmt::format("{}: its scores are margins, and fusion of boxes needs probabilities; "
                      "calibrate it",
                      file.string()),
          Remedy::kCalibrate);
    }
    state_->members.push_back(state_->MakeMember(std::move(model), backbone, file, options));
    fingerprints.push_back(
        are_several ? RowFingerprints(backbone, state_->members.back()->network.options())
                    : std::vector<std::string>());
  }
  state_->MakeFamilies(fingerprints);
  state_->side_that_crops_need = state_->SideThatCropsNeed();
}

Detector::Detector(Detector&&) noexcept = default;
Detector& Detector::operator=(Detector&&) noexcept = default;
Detector::~Detector() = default;

const Model& Detector::model(std::size_t number) const { return state_->members[number]->model; }
std::size_t Detector::size() const { return state_->members.size(); }
const std::vector<double>& Detector::weights() const { return state_->weights; }
const std::vector<fs::path>& Detector::files() const { return state_->files; }
bool Detector::fuses_boxes() const { return state_->fuses_boxes; }
double Detector::fusion_iou() const { return state_->fusion_iou; }
const std::vector<std::string>& Detector::remarks() const { return state_->remarks; }

DetectOptions Detector::DefaultOptions() const {
  DetectOptions options = DetectOptionsOf(first());
  if (fuses_boxes()) options.nms.soft_sigma = 0;
  return options;
}

Detector::Scored Detector::Score(const Image& image,
                                 bool box_regression,
                                 const std::string& picture_id) const {
  Scored scored{
      .boxes = {}, .origins = {}, .by_model = std::vector<RegionScores>(size()), .times = {}};
  StageTimes& times = scored.times;
  std::optional<Proposer::Proposed> proposed;  // made when a model needs them
  const auto propose_once = [&] {
    if (!proposed)
      proposed = Timed(times.proposals_s, [&] { return state_->proposer->Propose(image); });
    return BoxesOf(proposed->proposals);
  };
  const auto whole_picture = [&] { return std::vector<Box>{WholeImageBox(image)}; };
  for (Family& family : state_->families) {
    std::vector<RegionFeatures> regions = family.FeaturesOf(picture_id, image, propose_once, times);
    std::vector<RegionFeatures> wholes;
    if (family.ReadsContext())
      wholes = family.FeaturesOf(picture_id + "-context", image, whole_picture, times);
    scored.boxes = regions.front().boxes;
    for (std::size_t i = 0; i < regions.size(); ++i) {
      const Model& model = family.members[i]->model;
      if (model.context_weight != 0) regions[i].context = std::move(wholes[i].features);
      scored.by_model[family.positions[i]] = Timed(times.heads_s, [&] {
        return ScoreRegions(model, std::move(regions[i]), box_regression);
      });
    }
  }
  if (proposed) scored.origins = std::move(proposed->origins);
  return scored;
}

Found Detector::Detect(const Image& image,
                       const DetectOptions& options,
                       const std::string& picture_id) const {
  const Scored scored = Score(image, options.box_regression, picture_id);
  const std::vector<RegionScores>& scores = scored.by_model;
  Found found{.detections = {},
              .width = image.width,
              .height = image.height,
              .proposals = scored.boxes.size(),
              .times = scored.times};
  found.detections = Timed(found.times.heads_s, [&] {
    if (!fuses_boxes()) {
      return DetectionsOf(MeanScores(scores, weights()), image.width, image.height, options);
    }
    std::vector<std::vector<Detection>> detections;
    detections.reserve(scores.size());
    for (const RegionScores& of_model : scores) {
      detections.push_back(DetectionsOf(of_model, image.width, image.height, options));
    }
    return FuseBoxes(detections, weights(), fusion_iou());
  });
  return found;
}

std::vector<Detection> Detector::Detect(const Image& image) const {
  return Detect(image, DefaultOptions()).detections;
}

std::vector<Detection> Detector::Detect(const fs::path& file) const {
  const ScaledImage read = Read(file);
  std::vector<Detection> detections = Detect(read.image);
  ScaleBoxes(read.image.width, read.image.height, read.full_width, read.full_height, detections);
  return detections;
}

ScaledImage Detector::Read(const fs::path& file, const ReadImageOptions& reading) const {
  if (state_->side_that_crops_need)
    return ReadScaledImage(file, *state_->side_that_crops_need, reading);
  Image image = ReadImage(file, reading);
  const int width = image.width;
  const int height = image.height;
  return {.image = std::move(image), .full_width = width, .full_height = height};
}

std::string Detector::Configuration() const {
  std::string text;
  for (std::size_t m = 0; m < size(); ++m) {
    const Member& member = *state_->members[m];
    text += fmt::format("{}model {} weight {}\n", member.recipe, member.digest, weights()[m]);
  }
  return text + (fuses_boxes() ? fmt::format("boxes fused {}\n", fusion_iou()) : "");
}

Detector LoadDetector(const fs::path& model, const DetectorOptions& options) {
  return Detector({model}, options);
}

Detector LoadDetector(const std::vector<fs::path>& models, const DetectorOptions& options) {
  return Detector(models, options);
}

void ScaleBoxes(int from_width,
                int from_height,
                int to_width,
                int to_height,
                std::vector<Detection>& detections) {
  if (to_width == from_width && to_height == from_height) return;
  const float x = static_cast<float>(to_width) / static_cast<float>(from_width);
  const float y = static_cast<float>(to_height) / static_cast<float>(from_height);
  for (Detection& detection : detections) {
    const Box& box = detection.box;
    detection.box = {.x0 = box.x0 * x, .y0 = box.y0 * y, .x1 = box.x1 * x, .y1 = box.y1 * y};
  }
}

}  // namespace deeper
