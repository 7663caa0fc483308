#include "detector/examples/kept_features.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/random.h"
#include "detector/recipe.h"

namespace deeper {

namespace {

std::string RecipeText(const FeatureSource& source) {
  return RecipeOf(source.backbone_fingerprint,
                  source.network->options(),
                  source.crop,
                  Proposer(source.proposals));
}

// Identifies a picture with its objects.
std::string PictureNameOf(const AnnotatedImage& annotated) {
  std::string boxes;
  for (const Annotation& annotation : annotated.annotations) {
    const Box& box = annotation.box;
    boxes += fmt::format("{} {} {} {};", box.x0, box.y0, box.x1, box.y1);
  }
  return fmt::format("{}-{:016x}", annotated.id, Fnv1a(boxes));
}

// What proposed for held-out pictures, and which box regression moved.
std::string HeldOutSuffixOf(const TrainingFeatures& how) {
  std::string suffix;
  if (how.source.held_out_proposer != nullptr)
    suffix += fmt::format("-by-{:016x}", Fnv1a(how.source.held_out_proposer->multibox_text()));
  if (how.wanted.box_regression != nullptr)
    suffix += "-moved-" + RegressionDigest(*how.wanted.box_regression).substr(0, 16);
  return suffix;
}

}  // namespace

BoxesToMove BoxesToMoveOf(std::size_t pictures, double min_iou) {
  constexpr std::size_t kInAll = 20000;
  return {.min_iou = min_iou,
          .count = std::clamp<std::size_t>(kInAll / std::max<std::size_t>(pictures, 1), 4, 32)};
}

bool IsSampled(const AnnotatedImage& annotated, const FeatureSource& source) {
  return source.max_proposals > 0 && !source.holdout.Contains(annotated.id);
}

bool IsToMove(const AnnotatedImage& annotated, const TrainingFeatures& how) {
  return how.wanted.to_move && !how.source.holdout.Contains(annotated.id);
}

KeptFeatures::KeptFeatures(const TrainingFeatures& how)
    : how_(&how),
      cache_(how.source.cache, RecipeText(how.source)),
      held_out_suffix_(HeldOutSuffixOf(how)) {}

std::string KeptFeatures::EntryOf(const AnnotatedImage& annotated) const {
  const FeatureSource& source = how_->source;
  std::string entry = PictureNameOf(annotated);
  entry += IsSampled(annotated, source) ? fmt::format("-{}", source.max_proposals) : "-all";
  if (source.holdout.Contains(annotated.id)) entry += held_out_suffix_;
  return entry;
}

std::string KeptFeatures::MirroredEntryOf(const AnnotatedImage& annotated) const {
  return EntryOf(annotated) + "-mirrored";
}

std::string KeptFeatures::ToMoveEntryOf(const AnnotatedImage& annotated) const {
  const BoxesToMove& to_move = how_->wanted.to_move.value();
  return fmt::format("{}-profiles-{}-{}", PictureNameOf(annotated), to_move.min_iou, to_move.count);
}

std::string KeptFeatures::ContextEntryOf(const std::string& entry) { return entry + "-context"; }

bool KeptFeatures::IsComplete(const AnnotatedImage& annotated) const {
  const FeatureRequest& wanted = how_->wanted;
  const auto has = [&](const std::string& entry) {
    return cache_.Contains(entry) && (!wanted.context || cache_.Contains(ContextEntryOf(entry)));
  };
  return (!wanted.features || has(EntryOf(annotated))) &&
         (!wanted.mirrored_truth || has(MirroredEntryOf(annotated))) &&
         (!IsToMove(annotated, *how_) || cache_.Contains(ToMoveEntryOf(annotated)));
}

std::optional<RegionFeatures> KeptFeatures::Load(const std::string& entry) const {
  std::optional<RegionFeatures> regions = cache_.Load(entry);
  if (!how_->wanted.context) return regions;
  std::optional<RegionFeatures> whole = cache_.Load(ContextEntryOf(entry));
  if (!regions || !whole) return std::nullopt;
  regions->context = std::move(whole->features);
  return regions;
}

}  // namespace deeper
