#include "detector/detector.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "backbone/network_family.h"
#include "backbone/picture_network.h"
#include "backbone/precision.h"
#include "core/error.h"
#include "core/files/sha256.h"
#include "core/pictures/picture_content.h"
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
  std::vector<PictureScale> scales;    // of whole pictures
  std::optional<RegionChoice> choice;  // of the regions of whole pictures
  std::string recipe;
  std::string digest;
  std::vector<FeatureCache> caches;  // none, or one for each look of each round
};

// A way to see a picture's regions.
struct Look {
  RegionExtractor* extractor = nullptr;
  bool is_mirrored = false;
};

// The part of a picture's kept features that is its context.
constexpr const char* kContextPart = "context";

// Models that read the same crops and whose networks have their first rows in common, or one that
// reads whole pictures.
struct Family {
  std::vector<const Member*> members;
  std::vector<std::size_t> positions;  // parallel to members: theirs among all
  std::vector<std::unique_ptr<RegionExtractor>> extractors = {};  // one for each scale
  std::vector<Look> looks = {};  // the first is not mirrored, and chooses the regions

  // Features of the boxes by each member, in the look of this number; those of the next round are
  // counted on. If features are kept, `entry` is their name.
  template <typename MakeBoxes>
  std::vector<RegionFeatures> FeaturesOf(std::size_t look,
                                         const FeatureEntry& entry,
                                         const Image& image,
                                         const MakeBoxes& make_boxes,
                                         StageTimes& times) {
    std::vector<RegionFeatures> kept;
    for (const Member* member : members) {
      std::optional<RegionFeatures> cached;
      if (KeepsFeatures()) cached = member->caches[look].Load(entry);
      if (!cached) break;
      kept.push_back(*std::move(cached));
    }
    if (kept.size() == members.size()) return kept;
    std::vector<RegionFeatures> extracted =
        looks[look % looks.size()].extractor->ExtractProposed(image, make_boxes, times);
    if (!KeepsFeatures()) return extracted;
    for (std::size_t i = 0; i < members.size(); ++i)
      members[i]->caches[look].Store(entry, extracted[i]);
    return extracted;
  }

  bool KeepsFeatures() const { return !members.front()->caches.empty(); }
  // Whether features are kept under this name of another content.
  bool KeepsOther(std::size_t look, const FeatureEntry& entry) const {
    return std::ranges::any_of(
        members, [&](const Member* member) { return member->caches[look].ContainsOther(entry); });
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

// The origins of the boxes that were chosen of those proposed, which are in the same order. Those
// behind them the map proposed.
std::vector<ProposalOrigin> OriginsOfChosen(Proposer::Proposed proposed,
                                            const std::vector<Box>& chosen) {
  const bool by_search = proposed.origins.empty();
  if (!by_search && chosen.size() == proposed.proposals.size()) return std::move(proposed.origins);
  std::vector<ProposalOrigin> origins;
  for (std::size_t i = 0; i < proposed.proposals.size() && origins.size() < chosen.size(); ++i) {
    if (proposed.proposals[i].box != chosen[origins.size()]) continue;
    origins.push_back(by_search ? ProposalOrigin{.multibox_rank = {},
                                                 .selective_search_rank = static_cast<int>(i)}
                                : proposed.origins[i]);
  }
  if (by_search && origins.size() == chosen.size()) return {};
  origins.resize(chosen.size(), {.multibox_rank = {}, .selective_search_rank = {}, .by_map = true});
  return origins;
}

// The boxes at these positions; without positions all.
std::vector<Box> BoxesAt(const std::vector<Box>& boxes,
                         const std::optional<std::vector<std::size_t>>& positions) {
  if (!positions) return boxes;
  std::vector<Box> some;
  for (const std::size_t i : *positions) some.push_back(boxes[i]);
  return some;
}

// Identifies boxes.
std::string DigestOf(std::span<const Box> boxes) {
  Sha256 hash;
  for (const Box& box : boxes) hash.Update(std::array<float, 4>{box.x0, box.y0, box.x1, box.y1});
  return hash.HexDigest().substr(0, 32);
}

// What is looked at beside the regions as they are, as lines of a recipe.
std::string LooksRecipe(const DetectorOptions& options) {
  return fmt::format("mirror {}\nrounds {}\npropose_by {}\n",
                     options.mirror ? "yes" : "no",
                     options.rounds,
                     NameOf(options.proposers));
}

void MirrorBoxes(std::vector<Box>& boxes, int width_px) {
  for (Box& box : boxes) box = MirrorBox(box, width_px);
}

// Which regions of whole pictures the model looks at; nothing: all that are proposed.
std::optional<RegionChoice> ChoiceOf(const Model& model, const DetectorOptions& options) {
  const std::size_t most =
      options.max_regions.value_or(static_cast<std::size_t>(model.max_regions));
  if (!model.ranker || most == 0) return std::nullopt;
  return RegionChoice{
      .ranker = *model.ranker, .most = most, .proposes = options.proposers != Proposers::kSearch};
}

// Throws Error unless the model can propose as it is asked to.
void RequireProposers(const Model& model, const fs::path& file, const DetectorOptions& options) {
  if (options.proposers == Proposers::kSearch) return;
  if (model.ranker && model.ranker->Proposes() && options.max_regions != 0) return;
  throw Error(fmt::format(
      "{}: proposers is '{}', but {}",
      file.string(),
      NameOf(options.proposers),
      options.max_regions == 0
          ? "all regions are wanted, and those of a map are endless; leave out max_regions 0"
          : "it has no ranker that proposes; 'deeper train ranker' gives it one"));
}

// What becomes of one picture on its way through the families.
class Scoring {
 public:
  // given: the regions; nothing: those that are proposed, by the map alone without a proposer.
  Scoring(const Image& picture,
          const Proposer* its_proposer,
          std::size_t models,
          std::optional<std::vector<Box>> given)
      : image(picture), proposer(its_proposer), given_regions(std::move(given)) {
    scored.by_model.resize(models);
  }

  // The regions that are scored, if they are known before they are proposed.
  std::optional<std::vector<Box>> KnownRegions() const {
    return are_chosen ? scored.boxes : given_regions;
  }
  // The identity of the picture.
  const std::string& Content() {
    if (content.empty()) content = ContentOf(image);
    return content;
  }
  // The regions that are scored, proposed when a model needs them.
  std::vector<Box> Regions() {
    if (std::optional<std::vector<Box>> known = KnownRegions()) return *std::move(known);
    if (!proposer) return {};
    if (!proposed)
      proposed =
          Timed<ProcessorWatch>(scored.times.proposals_s, [&] { return proposer->Propose(image); });
    return BoxesOf(proposed->proposals);
  }
  void Choose(std::vector<Box> regions) {
    scored.boxes = std::move(regions);
    are_chosen = true;
  }
  const Image& AsSeenBy(const Look& look) {
    if (!look.is_mirrored) return image;
    if (!mirror_image) mirror_image = MirrorImage(image);
    return *mirror_image;
  }
  Detector::Scored Finish() {
    if (!given_regions && (proposed || !proposer)) {
      scored.origins =
          OriginsOfChosen(proposed ? *std::move(proposed) : Proposer::Proposed(), scored.boxes);
    }
    return std::move(scored);
  }

  const Image& image;
  Detector::Scored scored = {};
  bool are_chosen = false;  // scored.boxes, by the first family

 private:
  const Proposer* proposer;
  std::optional<std::vector<Box>> given_regions;
  std::optional<Proposer::Proposed> proposed;
  std::optional<Image> mirror_image;
  std::string content;
};

struct ScoringOptions {
  bool box_regression = true;
  std::string picture_id;  // "": none
  std::size_t round = 0;
};

// What each member makes of the regions in one look. `exact`: the positions of those that it
// scores, if not all.
std::vector<RegionScores> ScoreLook(Family& family,
                                    std::size_t number,
                                    const std::optional<std::vector<std::size_t>>& exact,
                                    const ScoringOptions& options,
                                    Scoring& scoring) {
  const Look& look = family.looks[number];
  const std::size_t cached_as = options.round * family.looks.size() + number;
  const int width = scoring.image.width;
  StageTimes& times = scoring.scored.times;
  // The recipe of kept features does not name regions that are known: they follow from the scores
  // of others, of the first model or of an earlier round.
  FeatureEntry entry = {.image_id = options.picture_id};
  FeatureEntry context = {.image_id = options.picture_id, .part = kContextPart};
  if (family.KeepsFeatures()) {
    context.content = scoring.Content();
    entry.content = context.content;
    if (const std::optional<std::vector<Box>> known = scoring.KnownRegions()) {
      *entry.content += fmt::format("-{}", DigestOf(BoxesAt(*known, exact)));
    } else if (family.KeepsOther(cached_as, entry)) {
      scoring.scored.replaced_kept = true;
    }
  }
  const auto regions_of_look = [&] {
    std::vector<Box> boxes = BoxesAt(scoring.Regions(), exact);
    if (look.is_mirrored) MirrorBoxes(boxes, width);
    return boxes;
  };
  std::vector<RegionFeatures> regions =
      family.FeaturesOf(cached_as, entry, scoring.AsSeenBy(look), regions_of_look, times);
  if (!exact && number == 0) scoring.Choose(regions.front().boxes);
  std::vector<RegionFeatures> wholes;
  if (family.ReadsContext()) {
    const auto whole_picture = [&] { return std::vector<Box>{WholeImageBox(scoring.image)}; };
    wholes = family.FeaturesOf(cached_as, context, scoring.AsSeenBy(look), whole_picture, times);
  }
  std::vector<RegionScores> by_member;
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const Model& model = family.members[i]->model;
    if (model.context_weight != 0) regions[i].context = std::move(wholes[i].features);
    by_member.push_back(Timed<ProcessorWatch>(times.heads_s, [&] {
      return ScoreRegions(model, std::move(regions[i]), options.box_regression);
    }));
    if (look.is_mirrored) MirrorBoxes(by_member.back().boxes, width);
  }
  return by_member;
}

}  // namespace

struct Detector::State {
  std::vector<std::unique_ptr<Member>> members;
  std::vector<Family> families;  // a model is in one of them
  std::vector<double> weights;
  std::vector<fs::path> files;
  std::optional<Proposer> proposer;  // the first model's
  bool searches = true;              // it proposes; else the first model's map alone does
  std::optional<int> side_that_crops_need;
  std::size_t exact = 0;
  bool mirror = false;
  int rounds = 1;
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
    std::vector<PictureScale> scales;
    if (model.picture_scale) {
      scales = options.picture_scales;
      if (scales.empty()) scales.push_back(*model.picture_scale);
      model.picture_scale = scales.front();
    }
    const std::optional<RegionChoice> choice = ChoiceOf(model, options);
    const NetworkOptions network = {.precision = chosen.precision,
                                    .quantization = model.quantization};
    std::string recipe = RecipeOf(model.backbone_fingerprint, network, model.crop, *proposer) +
                         PictureRecipe(scales, choice) + RegressionRecipe(model.box_regression) +
                         LooksRecipe(options);
    std::vector<FeatureCache> caches;
    if (!options.feature_cache.empty()) {
      fs::path directory = options.feature_cache;
      if (files.size() > 1) directory /= fmt::format("model-{:.16}", DigestOfFile(file));
      const std::size_t looks = std::max<std::size_t>(1, scales.size()) * (options.mirror ? 2 : 1) *
                                static_cast<std::size_t>(options.rounds);
      for (std::size_t look = 0; look < looks; ++look) {
        caches.emplace_back(look == 0 ? directory : directory / fmt::format("look-{}", look + 1),
                            recipe);
      }
    }
    auto member = std::make_unique<Member>(Member{.model = std::move(model),
                                                  .network = std::nullopt,
                                                  .picture_network = std::nullopt,
                                                  .scales = std::move(scales),
                                                  .choice = choice,
                                                  .recipe = std::move(recipe),
                                                  .digest = DigestOfFile(file),
                                                  .caches = std::move(caches)});
    if (member->model.picture_scale) {
      member->picture_network.emplace(backbone, network);
    } else {
      member->network.emplace(backbone, network);
    }
    return member;
  }

  // Families of whole pictures stand first: they choose the regions for all. row_fingerprints: of
  // the models that read crops, in their order.
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
      Family family = {.members = {members[i].get()}, .positions = {i}};
      const std::optional<BoxRegression>& regression = model.box_regression;
      for (const PictureScale& scale : members[i]->scales) {
        const bool chooses = families.empty() && family.extractors.empty();
        family.extractors.push_back(
            std::make_unique<PictureFeatureExtractor>(*members[i]->picture_network,
                                                      scale,
                                                      model.crop.mean_bgr,
                                                      chooses ? members[i]->choice : std::nullopt,
                                                      regression ? &*regression : nullptr));
      }
      families.push_back(std::move(family));
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
      const CropOptions& crop = own.front()->model.crop;
      Family family = {.members = std::move(own), .positions = std::move(together.positions)};
      family.extractors.push_back(std::make_unique<FeatureExtractor>(
          NetworkFamily(std::move(networks), together.shared_rows), crop, std::move(regressions)));
      families.push_back(std::move(family));
    }
    for (Family& family : families) {
      for (const std::unique_ptr<RegionExtractor>& extractor : family.extractors) {
        family.looks.push_back({.extractor = extractor.get(), .is_mirrored = false});
        if (mirror) family.looks.push_back({.extractor = extractor.get(), .is_mirrored = true});
      }
    }
  }

  Scored Score(Scoring scoring, const ScoringOptions& options);

  // The side beyond which no crop needs more of a decoded picture, if there is one.
  std::optional<int> SideThatCropsNeed() const {
    const SelectiveSearchOptions smallest = proposer->SmallestSides();
    int largest = 0;
    for (const std::unique_ptr<Member>& member : members) {
      for (const PictureScale& scale : member->scales)
        largest = std::max(largest, scale.short_side_px);
      if (!member->scales.empty()) continue;
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
  state_->exact = options.exact;
  state_->searches = options.proposers != Proposers::kMap;
  state_->mirror = options.mirror;
  state_->rounds = options.rounds;
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
    if (!state_->proposer) {
      state_->MakeProposer(model, options);
      RequireProposers(model, file, options);
    }
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

namespace {

// Adds the regions of the next round, which are boxes of these: `moved`, parallel to next.boxes.
// Without origins of the first round's regions, Selective Search alone proposed these if
// `are_searched`; else nobody knows.
void Append(Detector::Scored next,
            std::span<const std::size_t> moved,
            bool are_searched,
            Detector::Scored& scored) {
  if (scored.origins.empty() && are_searched) {
    for (std::size_t i = 0; i < scored.boxes.size(); ++i)
      scored.origins.push_back({.multibox_rank = {}, .selective_search_rank = static_cast<int>(i)});
  }
  if (!scored.origins.empty()) {
    for (const std::size_t i : moved)
      scored.origins.push_back({.multibox_rank = {}, .selective_search_rank = {}, .moved_from = i});
  }
  scored.boxes.insert(scored.boxes.end(), next.boxes.begin(), next.boxes.end());
  for (std::size_t m = 0; m < scored.by_model.size(); ++m)
    scored.by_model[m] = Joined(scored.by_model[m], next.by_model[m]);
  scored.times += next.times;
  scored.replaced_kept = scored.replaced_kept || next.replaced_kept;
}

}  // namespace

// Runs `scoring` through all families.
Detector::Scored Detector::State::Score(Scoring scoring, const ScoringOptions& options) {
  std::vector<RegionScores>& by_model = scoring.scored.by_model;
  for (Family& family : families) {
    std::optional<std::vector<std::size_t>> best;
    if (exact > 0 && family.ReadsCrops() && scoring.are_chosen)
      best = BestRegions(by_model.front(), exact);
    std::vector<std::vector<RegionScores>> by_member(family.members.size());  // and look
    for (std::size_t look = 0; look < family.looks.size(); ++look) {
      std::vector<RegionScores> seen = ScoreLook(family, look, best, options, scoring);
      for (std::size_t i = 0; i < seen.size(); ++i) by_member[i].push_back(std::move(seen[i]));
    }
    const std::vector<double> alike(family.looks.size(), 1);
    for (std::size_t i = 0; i < by_member.size(); ++i) {
      RegionScores scores = MeanScores(by_member[i], alike);
      by_model[family.positions[i]] =
          best ? WithReplaced(by_model.front(), *best, scores) : std::move(scores);
    }
  }
  return scoring.Finish();
}

Detector::Scored Detector::Score(const Image& image,
                                 bool box_regression,
                                 const std::string& picture_id) const {
  const auto score = [&](int round, std::optional<std::vector<Box>> regions) {
    const Proposer* proposer = state_->searches ? &*state_->proposer : nullptr;
    return state_->Score(Scoring(image, proposer, size(), std::move(regions)),
                         {.box_regression = box_regression,
                          .picture_id = picture_id,
                          .round = static_cast<std::size_t>(round)});
  };
  Scored scored = score(0, std::nullopt);
  for (int round = 1; round < state_->rounds; ++round) {
    const MovedRegions moved =
        BestMoved(MeanScores(scored.by_model, weights()), scored.boxes, image.width, image.height);
    if (moved.boxes.empty()) break;
    const bool are_searched = state_->proposer->multibox_text().empty();
    Append(score(round, moved.boxes), moved.from, are_searched, scored);
  }
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
              .times = scored.times,
              .replaced_kept = scored.replaced_kept};
  found.detections = Timed<ProcessorWatch>(found.times.heads_s, [&] {
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
    text +=
        fmt::format("{}model {}\nmodel_weight {}\n", member.recipe, member.digest, weights()[m]);
  }
  if (state_->exact > 0) text += fmt::format("exact {}\n", state_->exact);
  return text + (fuses_boxes() ? fmt::format("fusion boxes\nfusion_iou {}\n", fusion_iou()) : "");
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
