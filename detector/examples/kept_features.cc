#include "detector/examples/kept_features.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "core/pictures/picture_content.h"
#include "core/random.h"
#include "detector/recipe.h"

namespace deeper {

namespace {

std::string RecipeText(const FeatureSource& source) {
  return RecipeOf(source.backbone_fingerprint,
                  source.network->options(),
                  source.crop,
                  Proposer(source.proposals)) +
         ReadingRecipe(source.reading);
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

std::optional<std::string> KeptFeatures::ContentOf(const std::filesystem::path& path) const {
  {
    const std::lock_guard lock(contents_->mutex);
    const auto known = contents_->of.find(path);
    if (known != contents_->of.end()) return known->second;
  }
  std::optional<std::string> content;
  std::error_code unknown;
  if (std::filesystem::exists(path, unknown) || unknown) content = ContentOfFile(path);
  const std::lock_guard lock(contents_->mutex);
  return contents_->of.insert_or_assign(path, std::move(content)).first->second;
}

FeatureEntry KeptFeatures::PartOf(const AnnotatedImage& annotated, std::string part) const {
  return {.image_id = PictureNameOf(annotated),
          .part = std::move(part),
          .content = ContentOf(annotated.image_path)};
}

FeatureEntry KeptFeatures::EntryOf(const AnnotatedImage& annotated) const {
  const FeatureSource& source = how_->source;
  std::string part = IsSampled(annotated, source) ? fmt::format("{}", source.max_proposals) : "all";
  if (source.holdout.Contains(annotated.id)) part += held_out_suffix_;
  return PartOf(annotated, std::move(part));
}

FeatureEntry KeptFeatures::MirroredEntryOf(const AnnotatedImage& annotated) const {
  FeatureEntry entry = EntryOf(annotated);
  entry.part += "-mirrored";
  return entry;
}

FeatureEntry KeptFeatures::ToMoveEntryOf(const AnnotatedImage& annotated) const {
  const BoxesToMove& to_move = how_->wanted.to_move.value();
  return PartOf(annotated, fmt::format("profiles-{}-{}", to_move.min_iou, to_move.count));
}

FeatureEntry KeptFeatures::ContextEntryOf(FeatureEntry entry) {
  entry.part += "-context";
  return entry;
}

std::vector<FeatureEntry> KeptFeatures::WantedOf(const AnnotatedImage& annotated) const {
  const FeatureRequest& wanted = how_->wanted;
  std::vector<FeatureEntry> entries;
  const auto add = [&](const FeatureEntry& entry) {
    entries.push_back(entry);
    if (wanted.context) entries.push_back(ContextEntryOf(entry));
  };
  if (wanted.features) add(EntryOf(annotated));
  if (wanted.mirrored_truth) add(MirroredEntryOf(annotated));
  if (IsToMove(annotated, *how_)) entries.push_back(ToMoveEntryOf(annotated));
  return entries;
}

bool KeptFeatures::IsComplete(const AnnotatedImage& annotated) const {
  return std::ranges::all_of(WantedOf(annotated),
                             [&](const FeatureEntry& entry) { return cache_.Contains(entry); });
}

bool KeptFeatures::IsOfOther(const AnnotatedImage& annotated) const {
  return std::ranges::any_of(
      WantedOf(annotated), [&](const FeatureEntry& entry) { return cache_.ContainsOther(entry); });
}

std::optional<RegionFeatures> KeptFeatures::Load(const FeatureEntry& entry) const {
  std::optional<RegionFeatures> regions = cache_.Load(entry);
  if (!how_->wanted.context) return regions;
  std::optional<RegionFeatures> whole = cache_.Load(ContextEntryOf(entry));
  if (!regions || !whole) return std::nullopt;
  regions->context = std::move(whole->features);
  return regions;
}

}  // namespace deeper
