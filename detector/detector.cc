#include "detector/detector.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "backbone/network_family.h"
#include "backbone/picture_network.h"
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
#include "detector/regions/features.h"
#include "detector/regions/picture_features.h"
#include "detector/suppression/fusion.h"
#include "detector/suppression/least_score.h"

namespace deeper {

namespace fs = std::filesystem;

namespace {

// A model that is ready to run.
struct Member {
  Model model;
  // One of them: of crops, or of whole pictures.
  std::optional<Network> network;
  std::optional<PictureNetwork> picture_network;
  std::optional<RegionChoice> choice;  // of the regions of whole pictures
  std::string recipe;
  std::string digest;
  std::optional<FeatureCache> cache;
};

// Models that read the same crops and whose networks have their first rows in common, or one that
// reads whole pictures.
struct Family {
  std::vector<const Member*> members;
  std::vector<std::size_t> positions;  // parallel to members: theirs among all
  std::unique_ptr<RegionExtractor> extractor;

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
    std::vector<RegionFeatures> extracted = extractor->ExtractForAll(image, make_boxes(), times);
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (members[i]->cache) members[i]->cache->Store(entry, extracted[i]);
    }
    return extracted;
  }

  bool ReadsCrops() const { return members.front()->network.has_value(); }
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

// Throws Error unless the first model can say which regions the others are to score.
void RequireWholePicturesFirst(const Model& model, const fs::path& file) {
  if (model.picture_scale) return;
  throw Error(file.string() +
              ": its regions are crops; the first of several models must read whole pictures to "
              "choose the regions that the others score");
}

// The origins of the boxes that were chosen of those proposed, which are in the same order.
std::vector<ProposalOrigin> OriginsOfChosen(Proposer::Proposed proposed,
                                            const std::vector<Box>& chosen) {
  if (proposed.origins.empty() || chosen.size() == proposed.proposals.size())
    return std::move(proposed.origins);
  std::vector<ProposalOrigin> origins;
  for (std::size_t i = 0; i < proposed.proposals.size() && origins.size() < chosen.size(); ++i) {
    if (proposed.proposals[i].box == chosen[origins.size()]) origins.push_back(proposed.origins[i]);
  }
  return origins;
}

// Which regions of whole pictures the model looks at; nothing: all that are proposed.
std::optional<RegionChoice> ChoiceOf(const Model& model, const DetectorOptions& options) {
  const std::size_t most =
      options.max_regions.value_or(static_cast<std::size_t>(model.max_regions));
  if (!model.ranker || most == 0) return std::nullopt;
  return RegionChoice{.ranker = *model.ranker, .most = most};
}

}  // namespace

struct Detector::State {
  std::vector<std::unique_ptr<Member>> members;
  std::vector<Family> families;  // a model is in one of them
  std::vector<double> weights;
  std::vector<fs::path> files;
  std::optional<Proposer> proposer;  // the first model's
  std::optional<int> side_that_crops_need;
  std::size_t exact = 0;
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
    if (model.picture_scale && options.picture_scale) model.picture_scale = options.picture_scale;
    const std::optional<RegionChoice> choice = ChoiceOf(model, options);
    const NetworkOptions network = {.precision = chosen.precision,
                                    .quantization = model.quantization};
    std::string recipe = RecipeOf(model.backbone_fingerprint, network, model.crop, *proposer) +
                         PictureRecipe(model.picture_scale, choice) +
                         RegressionRecipe(model.box_regression);
    std::optional<FeatureCache> cache;
    if (!options.feature_cache.empty()) {
      fs::path directory = options.feature_cache;
      if (files.size() > 1) directory /= file.stem();
      cache.emplace(
          directory,
          fmt::format("{}inputs {}\n{}\n", recipe, options.inputs, RegionsText(model, options)));
    }
    auto member = std::make_unique<Member>(Member{.model = std::move(model),
                                                  .network = std::nullopt,
                                                  .picture_network = std::nullopt,
                                                  .choice = choice,
                                                  .recipe = std::move(recipe),
                                                  .digest = DigestOfFile(file),
                                                  .cache = std::move(cache)});
    if (member->model.picture_scale) {
      member->picture_network.emplace(backbone, network);
    } else {
      member->network.emplace(backbone, network);
    }
    return member;
  }

  // row_fingerprints: of the models that read crops, in their order.
  // Which proposals this model scores, for the identity of kept features.
  std::string RegionsText(const Model& model, const DetectorOptions& options) const {
    if (members.empty() || options.exact == 0 || model.picture_scale) return "all proposals";
    return fmt::format("the best {} of {}", options.exact, members.front()->digest);
  }

  // Families of whole pictures stand first: they choose the regions for all.
  void MakeFamilies(std::span<const std::vector<std::string>> row_fingerprints) {
    std::vector<CropOptions> crops;
    std::vector<std::size_t> with_crops;  // their positions among all
    for (std::size_t i = 0; i < members.size(); ++i) {
      const Model& model = members[i]->model;
      if (!model.picture_scale) {
        crops.push_back(model.crop);
        with_crops.push_back(i);
        continue;
      }
      families.push_back({.members = {members[i].get()},
                          .positions = {i},
                          .extractor = std::make_unique<PictureFeatureExtractor>(
                              *members[i]->picture_network,
                              *model.picture_scale,
                              model.crop.mean_bgr,
                              families.empty() ? members[i]->choice : std::nullopt)});
    }
    for (FamilyMembers& together : GroupIntoFamilies(row_fingerprints, crops)) {
      std::vector<const Member*> own;
      std::vector<const Network*> networks;
      std::vector<const BoxRegression*> regressions;
      for (std::size_t& position : together.positions) {
        position = with_crops[position];
        own.push_back(members[position].get());
        networks.push_back(&*own.back()->network);
        const std::optional<BoxRegression>& regression = own.back()->model.box_regression;
        regressions.push_back(regression ? &*regression : nullptr);
      }
      NetworkFamily family(std::move(networks), together.shared_rows);
      families.push_back({.members = own,
                          .positions = std::move(together.positions),
                          .extractor = std::make_unique<FeatureExtractor>(
                              std::move(family), own.front()->model.crop, std::move(regressions))});
    }
  }

  // The side beyond which no crop needs more of a decoded picture, if there is one.
  std::optional<int> SideThatCropsNeed() const {
    const SelectiveSearchOptions smallest = proposer->SmallestSides();
    int largest = 0;
    for (const std::unique_ptr<Member>& member : members) {
      const std::optional<PictureScale>& scale = member->model.picture_scale;
      const std::optional<int> side =
          scale ? scale->short_side_px : deeper::SideThatCropsNeed(member->model.crop, smallest);
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
  state_->exact = options.exact;
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
    const std::optional<Network>& network = state_->members.back()->network;
    if (!network) continue;
    fingerprints.push_back(are_several ? RowFingerprints(backbone, network->options())
                                       : std::vector<std::string>());
  }
  if (options.exact > 0) RequireWholePicturesFirst(first(), models.front());
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
  bool are_chosen = false;                     // scored.boxes, by the first family
  const auto propose_once = [&] {
    if (are_chosen) return scored.boxes;
    if (!proposed)
      proposed = Timed(times.proposals_s, [&] { return state_->proposer->Propose(image); });
    return BoxesOf(proposed->proposals);
  };
  const auto whole_picture = [&] { return std::vector<Box>{WholeImageBox(image)}; };
  for (Family& family : state_->families) {
    // Of the crops' models: the regions that they score, if not all.
    std::optional<std::vector<std::size_t>> exact;
    if (state_->exact > 0 && family.ReadsCrops() && are_chosen)
      exact = BestRegions(scored.by_model.front(), state_->exact);
    const auto boxes_to_score = [&] {
      std::vector<Box> boxes = propose_once();
      if (!exact) return boxes;
      std::vector<Box> best;
      for (const std::size_t i : *exact) best.push_back(boxes[i]);
      return best;
    };
    std::vector<RegionFeatures> regions =
        family.FeaturesOf(picture_id, image, boxes_to_score, times);
    std::vector<RegionFeatures> wholes;
    if (family.ReadsContext())
      wholes = family.FeaturesOf(picture_id + "-context", image, whole_picture, times);
    if (!exact) scored.boxes = regions.front().boxes;
    are_chosen = true;
    for (std::size_t i = 0; i < regions.size(); ++i) {
      const Model& model = family.members[i]->model;
      if (model.context_weight != 0) regions[i].context = std::move(wholes[i].features);
      scored.by_model[family.positions[i]] = Timed(times.heads_s, [&] {
        RegionScores scores = ScoreRegions(model, std::move(regions[i]), box_regression);
        return exact ? WithReplaced(scored.by_model.front(), *exact, scores) : scores;
      });
    }
  }
  if (proposed) scored.origins = OriginsOfChosen(*std::move(proposed), scored.boxes);
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
    std::vector<Detection> fused = FuseBoxes(detections, weights(), fusion_iou());
    DropBelow(options.min_score, fused);
    return fused;
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
  if (state_->exact > 0) text += fmt::format("exact {}\n", state_->exact);
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
