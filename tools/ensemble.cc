#include "tools/ensemble.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "backbone/network.h"
#include "backbone/network_family.h"
#include "core/error.h"
#include "core/files/file.h"
#include "detector/fusion.h"
#include "tools/extraction.h"
#include "tools/options/find_model.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

std::vector<fs::path> ModelFiles(const std::vector<std::string>& words) {
  if (words.empty()) return {FindModelFile("")};
  std::vector<fs::path> files;
  for (const std::string& word : words) {
    if (!word.starts_with('@')) {
      files.push_back(FindModelFile(word));
      continue;
    }
    const fs::path list = word.substr(1);
    const std::string text = ReadTextFile(list);
    for (const std::string_view line : SplitLines(text)) {
      if (!line.empty()) files.push_back(list.parent_path() / line);
    }
  }
  if (files.empty()) throw Error(fmt::format("{}: names no model", fmt::join(words, ", ")));
  return files;
}

std::vector<std::string> ShortNames(const std::vector<std::string>& files) {
  const auto stem = [](const std::string& file) { return fs::path(file).stem().string(); };
  std::vector<std::string> names;
  for (const std::string& file : files) {
    const bool is_unique = std::ranges::count(files, stem(file), stem) == 1;
    names.push_back(is_unique ? stem(file) : file);
  }
  return names;
}

void EnsembleOptions::AddOptions(po::options_description& group) {
  // clang-format off
  group.add_options()
      ("model", po::value(&models)->value_name("FILE"), "detector, or several (the option again, or @LIST, a file of names), which then score the same proposals; default: voc.safetensors in $DEEPER_MODELS or models/")
      ("model-weight", po::value(&weights)->value_name("W"), "weight of a model's scores in the mean, once for each --model; default: equal")
      ("backbone", po::value(&backbone)->value_name("FILE"), "the model's network, when it is neither in it nor beside it nor in $DEEPER_MODELS")
      ("fusion", po::value(&fusion)->default_value(fusion)->value_name("WHAT"), "of several models: scores, the mean of each region's before suppression, or boxes, each model's detections joined by weighted boxes fusion")
      ("fusion-iou", po::value(&fusion_iou)->default_value(fusion_iou)->value_name("IOU"), "boxes that overlap by more are fused")
      ("no-multibox", po::bool_switch(&no_multibox), "propose by Selective Search alone, where the model has a MultiBox too");
  // clang-format on
  multibox_views.AddOptions(group);
}

void EnsembleOptions::Check() const {
  multibox_views.Views();
  for (const double weight : weights) CheckRange("model-weight", weight, 1e-6, 1e6);
  if (fusion != "scores" && fusion != "boxes") {
    throw UsageError(fmt::format("--fusion is '{}', expected scores or boxes", fusion));
  }
  CheckRange("fusion-iou", fusion_iou, 0, 1);
  if (models.size() > 1 && !backbone.empty()) {
    throw UsageError("--backbone goes with one --model; several find theirs in $DEEPER_MODELS");
  }
}

struct Ensemble::Member {
  Model model;
  Network network;
  std::string recipe;
  std::string digest;
  std::optional<FeatureCache> cache;

  Member(Model loaded, const Weights& weights, const RunOptions& run)
      : model(std::move(loaded)), network(weights, run.ForNetwork(model.quantization)) {}
};

// Models that read the same crops and whose networks have their first rows in common.
struct Ensemble::Family {
  std::vector<const Member*> members;
  std::vector<std::size_t> positions;  // parallel to members: theirs among all
  FeatureExtractor extractor;

  // Features of the boxes by each member, kept under this name where features are kept.
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

Ensemble::Ensemble(const EnsembleOptions& options)
    : weights_(options.weights),
      fuses_boxes_(options.fusion == "boxes"),
      fusion_iou_(options.fusion_iou) {
  const std::vector<fs::path> files = ModelFiles(options.models);
  if (weights_.empty()) weights_.assign(files.size(), 1);
  if (weights_.size() != files.size()) {
    throw UsageError(fmt::format("expected --model-weight for each of the {} models, found {}",
                                 files.size(),
                                 weights_.size()));
  }
  const bool are_several = files.size() > 1;
  std::vector<std::vector<std::string>> fingerprints;
  std::vector<CropOptions> crops;
  for (const fs::path& file : files) {
    Model model = LoadModel(file);
    if (options.no_multibox) model.multibox.reset();
    if (!proposer_) {
      proposer_ = ProposerOf(options.proposals.Over(model.proposals),
                             model.multibox,
                             options.run,
                             options.multibox_views.Views());
    }
    model.multibox.reset();
    const Weights weights = BackboneOf(model, file, options.backbone);
    model.backbone.reset();  // the network has them now
    auto member = std::make_unique<Member>(std::move(model), weights, options.run);
    const Model& reference = members_.empty() ? member->model : first();
    if (member->model.classes != reference.classes) {
      throw Error(
          fmt::format("{}: its classes are not those of {}; models that score together have "
                      "the same in the same order",
                      file.string(),
                      files[0].string()));
    }
    if (member->model.calibration.has_value() != reference.calibration.has_value()) {
      throw Error(
          fmt::format("{}: its scores are {}, those of {} are not; make all of them "
                      "probabilities with 'deeper train calibrate'",
                      file.string(),
                      member->model.calibration ? "probabilities" : "margins",
                      files[0].string()));
    }
    if (fuses_boxes_ && !member->model.calibration) {
      throw Error(
          fmt::format("{}: its scores are margins, and fusion of boxes needs probabilities; "
                      "'deeper train calibrate' makes them",
                      file.string()));
    }
    member->digest = DigestOfFile(file);
    member->recipe = RecipeOf(member->model.backbone_fingerprint,
                              member->network.options(),
                              member->model.crop,
                              *proposer_) +
                     RegressionRecipe(member->model.box_regression);
    if (!options.feature_cache.empty()) {
      fs::path directory = options.feature_cache;
      if (are_several) directory /= file.stem();
      member->cache.emplace(
          directory, fmt::format("{}inputs {}\nall proposals\n", member->recipe, options.inputs));
    }
    members_.push_back(std::move(member));
    files_.push_back(file.string());
    fingerprints.push_back(are_several
                               ? RowFingerprints(weights, members_.back()->network.options())
                               : std::vector<std::string>());
    crops.push_back(members_.back()->model.crop);
  }
  for (FamilyMembers& family : GroupIntoFamilies(fingerprints, crops)) {
    std::vector<const Member*> members;
    std::vector<const Network*> networks;
    std::vector<const BoxRegression*> regressions;
    for (const std::size_t position : family.positions) {
      members.push_back(members_[position].get());
      networks.push_back(&members.back()->network);
      const std::optional<BoxRegression>& regression = members.back()->model.box_regression;
      regressions.push_back(regression ? &*regression : nullptr);
    }
    NetworkFamily together(std::move(networks), family.shared_rows);
    families_.push_back(
        {.members = members,
         .positions = std::move(family.positions),
         .extractor = {std::move(together), members.front()->model.crop, std::move(regressions)}});
  }
}

Ensemble::Ensemble(Ensemble&&) noexcept = default;
Ensemble::~Ensemble() = default;

const Model& Ensemble::model(std::size_t number) const { return members_[number]->model; }
std::size_t Ensemble::size() const { return members_.size(); }

Ensemble::Scored Ensemble::Score(const std::string& picture_id,
                                 const Image& image,
                                 bool box_regression,
                                 StageTimes& times) {
  std::optional<Proposer::Proposed> proposed;  // made when a model needs them
  const auto propose_once = [&] {
    if (!proposed) proposed = Timed(times.proposals_s, [&] { return proposer_->Propose(image); });
    return BoxesOf(proposed->proposals);
  };
  const auto whole_picture = [&] { return std::vector<Box>{WholeImageBox(image)}; };
  Scored scored{.boxes = {}, .origins = {}, .by_model = std::vector<RegionScores>(members_.size())};
  for (Family& family : families_) {
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

std::vector<Detection> Ensemble::Detect(const std::string& picture_id,
                                        const Image& image,
                                        const DetectOptions& options,
                                        StageTimes& times,
                                        std::size_t& proposals) {
  const Scored scored = Score(picture_id, image, options.box_regression, times);
  const std::vector<RegionScores>& scores = scored.by_model;
  proposals += scored.boxes.size();
  return Timed(times.heads_s, [&] {
    if (!fuses_boxes_) {
      return DetectionsOf(MeanOf(scores, weights_), image.width, image.height, options);
    }
    std::vector<std::vector<Detection>> detections;
    detections.reserve(scores.size());
    for (const RegionScores& of_model : scores) {
      detections.push_back(DetectionsOf(of_model, image.width, image.height, options));
    }
    return FuseBoxes(detections, weights_, fusion_iou_);
  });
}

std::optional<int> Ensemble::SideThatCropsNeed() const {
  const SelectiveSearchOptions smallest = proposer_->SmallestSides();
  int largest = 0;
  for (const std::unique_ptr<Member>& member : members_) {
    const std::optional<int> side = deeper::SideThatCropsNeed(member->model.crop, smallest);
    if (!side) return std::nullopt;
    largest = std::max(largest, *side);
  }
  return largest;
}

std::string Ensemble::Configuration() const {
  std::string text;
  for (std::size_t m = 0; m < members_.size(); ++m) {
    text += fmt::format(
        "{}model {} weight {}\n", members_[m]->recipe, members_[m]->digest, weights_[m]);
  }
  return text + (fuses_boxes_ ? fmt::format("boxes fused {}\n", fusion_iou_) : "");
}

}  // namespace deeper::tools
