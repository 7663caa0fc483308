#include "tools/training_features.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <limits>
#include <numeric>
#include <optional>

#include "core/error.h"
#include "core/pictures/read_image.h"
#include "core/random.h"
#include "detector/examples/data_split.h"
#include "detector/regions/features.h"
#include "tools/extraction.h"
#include "tools/parallel.h"
#include "tools/run/progress.h"

namespace deeper::tools {

namespace {

// Whether some of this picture's proposals are left out. A held-out picture keeps them all, to be
// judged as a new picture would be.
bool IsSampled(const AnnotatedImage& annotated, const TrainingFeatures& how) {
  return how.max_proposals > 0 && !IsHeldOut(annotated.id, how.holdout);
}

// Whether what box regression learns from is wanted of this picture.
bool IsToMove(const AnnotatedImage& annotated, const TrainingFeatures& how) {
  return how.to_move && !IsHeldOut(annotated.id, how.holdout);
}

// Of this picture, best first.
std::vector<Box> ProposalsFor(const AnnotatedImage& annotated,
                              const Image& image,
                              const TrainingFeatures& how) {
  if (how.held_out_proposer != nullptr && IsHeldOut(annotated.id, how.holdout))
    return BoxesOf(how.held_out_proposer->Propose(image).proposals);
  return BoxesOf(SelectiveSearch(image, how.proposals));
}

// The boxes whose features a training picture needs: its objects' own, then proposals.
std::vector<Box> BoxesFor(const AnnotatedImage& annotated,
                          const std::vector<Box>& proposals,
                          const TrainingFeatures& how) {
  const std::size_t at_most =
      IsSampled(annotated, how) ? how.max_proposals : std::numeric_limits<std::size_t>::max();
  return SampleTrainingBoxes(annotated, proposals, at_most, /*seed=*/0);
}

// What the first pictures take, on average: the base of the estimate of the cache's size.
struct MeanSize {
  double boxes = 0;
  double bytes = 0;
};

MeanSize MeanSizeOf(const Dataset& dataset, const TrainingFeatures& how) {
  constexpr std::size_t kSample = 8;
  MeanSize mean;
  double pictures = 0;
  for (const AnnotatedImage& annotated : dataset.images) {
    if (pictures == kSample) break;
    try {
      const std::vector<Box> proposals =
          ProposalsFor(annotated, ReadImage(annotated.image_path), how);
      if (how.features) {
        const std::size_t boxes = BoxesFor(annotated, proposals, how).size();
        mean.boxes += static_cast<double>(boxes);
        mean.bytes += static_cast<double>(FeatureCache::BytesFor(boxes));
      }
      if (IsToMove(annotated, how)) {
        const std::size_t boxes =
            SampleBoxesToMove(annotated, proposals, how.to_move->min_iou, how.to_move->count)
                .size();
        mean.boxes += static_cast<double>(boxes);
        mean.bytes += static_cast<double>(FeatureCache::BytesFor(boxes, kProfileDim));
      }
      ++pictures;
    } catch (const Error&) {
      continue;  // reported when its turn comes
    }
  }
  if (pictures == 0) return mean;
  return {.boxes = mean.boxes / pictures, .bytes = mean.bytes / pictures};
}

std::string Recipe(const TrainingFeatures& how) {
  return RecipeOf(
      how.backbone_fingerprint, how.network->options(), how.crop, Proposer(how.proposals));
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

std::string ToMoveEntryOf(const AnnotatedImage& annotated, const TrainingFeatures& how) {
  return fmt::format(
      "{}-profiles-{}-{}", PictureNameOf(annotated), how.to_move->min_iou, how.to_move->count);
}

// The whole picture's entry beside that of its boxes.
std::string ContextEntryOf(const std::string& entry) { return entry + "-context"; }

// One network's features, where they are kept.
struct KeptFeatures {
  const TrainingFeatures& how;
  FeatureCache cache;
  // In the entries of held-out pictures: what proposed, and which box regression moved.
  std::string held_out_suffix;

  explicit KeptFeatures(const TrainingFeatures& made) : how(made), cache(made.cache, Recipe(made)) {
    if (how.held_out_proposer != nullptr)
      held_out_suffix += fmt::format("-by-{:016x}", Fnv1a(how.held_out_proposer->multibox_text()));
    if (how.box_regression != nullptr)
      held_out_suffix += "-moved-" + RegressionDigest(*how.box_regression).substr(0, 16);
  }

  // Identifies a picture's entry: a changed annotation changes the first boxes, another number of
  // proposals or another MultiBox the rest, and another box regression moves them elsewhere.
  std::string EntryOf(const AnnotatedImage& annotated) const {
    std::string entry = PictureNameOf(annotated);
    entry += IsSampled(annotated, how) ? fmt::format("-{}", how.max_proposals) : "-all";
    if (IsHeldOut(annotated.id, how.holdout)) entry += held_out_suffix;
    return entry;
  }

  std::string MirroredEntryOf(const AnnotatedImage& annotated) const {
    return EntryOf(annotated) + "-mirrored";
  }

  bool IsComplete(const AnnotatedImage& annotated) const {
    const auto has = [&](const std::string& entry) {
      return cache.Contains(entry) && (!how.context || cache.Contains(ContextEntryOf(entry)));
    };
    return (!how.features || has(EntryOf(annotated))) &&
           (!how.mirrored_truth || has(MirroredEntryOf(annotated))) &&
           (!IsToMove(annotated, how) || cache.Contains(ToMoveEntryOf(annotated, how)));
  }

  // The features under this entry, with their context where it is wanted; nothing where the cache
  // does not have all.
  std::optional<RegionFeatures> Load(const std::string& entry) const {
    std::optional<RegionFeatures> regions = cache.Load(entry);
    if (!how.context) return regions;
    std::optional<RegionFeatures> whole = cache.Load(ContextEntryOf(entry));
    if (!regions || !whole) return std::nullopt;
    regions->context = std::move(whole->features);
    return regions;
  }
};

// Networks whose features are extracted together. What is asked of the first of them in place of
// any is the same for all.
struct ExtractedTogether {
  std::vector<KeptFeatures> kept;
  std::size_t shared_rows = 0;

  const TrainingFeatures& how() const { return kept.front().how; }

  FeatureExtractor Extractor() const {
    std::vector<const Network*> networks;
    std::vector<const BoxRegression*> regressions;
    for (const KeptFeatures& one : kept) {
      networks.push_back(one.how.network);
      regressions.push_back(one.how.box_regression);
    }
    return {NetworkFamily(std::move(networks), shared_rows), how().crop, std::move(regressions)};
  }

  // Those of these pictures that a cache lacks, as far as names tell.
  std::vector<std::size_t> MissingOf(const Dataset& dataset,
                                     const std::vector<std::size_t>& pictures) const {
    std::vector<std::size_t> missing;
    for (const std::size_t i : pictures) {
      const auto is_complete = [&](const KeptFeatures& one) {
        return one.IsComplete(dataset.images[i]);
      };
      if (!std::ranges::all_of(kept, is_complete)) missing.push_back(i);
    }
    return missing;
  }
};

void SaySize(const Dataset& dataset,
             std::size_t pictures,
             std::size_t missing,
             const ExtractedTogether& together) {
  std::vector<std::string> caches;
  for (const KeptFeatures& one : together.kept) caches.push_back(one.how.cache.string());
  const MeanSize mean = MeanSizeOf(dataset, together.how());
  const double bytes = static_cast<double>(caches.size()) * mean.bytes;
  const double free = static_cast<double>(std::filesystem::space(together.how().cache).available);
  fmt::print(
      stderr,
      "features: {} pictures, about {:.0f} boxes each: {} in {}, of which {} to write ({} free)\n",
      pictures,
      mean.boxes,
      BytesText(bytes * static_cast<double>(pictures)),
      fmt::join(caches, ", "),
      BytesText(bytes * static_cast<double>(missing)),
      BytesText(free));
  if (bytes * static_cast<double>(missing) > free) {
    throw Error(
        fmt::format("{}: not enough space for the features; name another directory with --cache or "
                    "lower --max-training-boxes",
                    fmt::join(caches, ", ")));
  }
}

std::vector<Annotation> MirroredTruth(const AnnotatedImage& annotated, int width_px) {
  std::vector<Annotation> truth = annotated.annotations;
  for (Annotation& annotation : truth) annotation.box = MirrorBox(annotation.box, width_px);
  return truth;
}

// Puts what the caches do not hold of this picture into them.
void ExtractInto(const ExtractedTogether& together,
                 const AnnotatedImage& annotated,
                 FeatureExtractor& extractor) {
  const TrainingFeatures& how = together.how();
  const Image image = ReadImage(annotated.image_path);
  std::optional<std::vector<Box>> proposed;
  const auto proposals = [&]() -> const std::vector<Box>& {
    if (!proposed) proposed = ProposalsFor(annotated, image, how);
    return *proposed;
  };
  const auto store = [&](const auto& entry_of, const auto& extract) {
    const auto lacks = [&](const KeptFeatures& one) { return !one.cache.Contains(entry_of(one)); };
    if (std::ranges::none_of(together.kept, lacks)) return;
    const std::vector<RegionFeatures> extracted = extract();
    for (std::size_t i = 0; i < together.kept.size(); ++i) {
      const KeptFeatures& one = together.kept[i];
      if (lacks(one)) one.cache.Store(entry_of(one), extracted[i]);
    }
  };
  StageTimes times;
  const auto store_features = [&](const auto& entry_of, const Image& of, const auto& make_boxes) {
    store(entry_of, [&] { return extractor.ExtractForAll(of, make_boxes(), times); });
    if (!how.context) return;
    store([&](const KeptFeatures& one) { return ContextEntryOf(entry_of(one)); },
          [&] { return extractor.ExtractForAll(of, {WholeImageBox(of)}, times); });
  };
  if (how.features) {
    store_features([&](const KeptFeatures& one) { return one.EntryOf(annotated); },
                   image,
                   [&] { return BoxesFor(annotated, proposals(), how); });
  }
  if (how.mirrored_truth) {
    store_features([&](const KeptFeatures& one) { return one.MirroredEntryOf(annotated); },
                   MirrorImage(image),
                   [&] {
                     std::vector<Box> boxes;
                     for (const Annotation& annotation : MirroredTruth(annotated, image.width))
                       boxes.push_back(annotation.box);
                     return boxes;
                   });
  }
  if (IsToMove(annotated, how)) {
    store([&](const KeptFeatures& one) { return ToMoveEntryOf(annotated, one.how); },
          [&] {
            const std::vector<Box> boxes =
                SampleBoxesToMove(annotated, proposals(), how.to_move->min_iou, how.to_move->count);
            return extractor.ExtractProfilesForAll(image, boxes, times);
          });
  }
}

// Extracts what the caches lack of `missing` pictures, with progress; a picture that cannot be read
// is reported and passed over. Gives back how many those were.
std::size_t FillCaches(const ExtractedTogether& together,
                       const Dataset& dataset,
                       const std::vector<std::size_t>& missing,
                       std::size_t wanted) {
  FeatureExtractor extractor = together.Extractor();
  std::size_t unreadable = 0;
  ProgressLine progress("extracting features", "pictures", wanted, wanted - missing.size());
  ForEachInOrder<std::string>(
      missing.size(),
      together.how().workers,
      [&](std::size_t i) -> std::string {
        try {
          ExtractInto(together, dataset.images[missing[i]], extractor);
          return {};
        } catch (const WriteError&) {
          throw;
        } catch (const Error& error) {
          return error.what();
        }
      },
      [&](std::size_t, const std::string& error) {
        if (!error.empty()) {
          ++unreadable;
          progress.Say("skipped: " + error);
        }
        progress.Advance();
      });
  return unreadable;
}

// FillCaches of what is missing of these pictures, after saying how much it is.
std::size_t Fill(const ExtractedTogether& together,
                 const Dataset& dataset,
                 const std::vector<std::size_t>& pictures) {
  const std::vector<std::size_t> missing = together.MissingOf(dataset, pictures);
  if (missing.empty()) return 0;
  SaySize(dataset, pictures.size(), missing.size(), together);
  return FillCaches(together, dataset, missing, pictures.size());
}

// What the cache holds of the data set, until StopAsked().
ExtractedImages LoadFrom(const KeptFeatures& kept, const Dataset& dataset) {
  const TrainingFeatures& how = kept.how;
  ExtractedImages extracted;
  for (std::size_t i = 0; i < dataset.images.size() && !StopAsked(); ++i) {
    const AnnotatedImage& annotated = dataset.images[i];
    // All entries are read before one is given up, so that every damaged one is found.
    std::optional<RegionFeatures> regions;
    std::optional<RegionFeatures> mirrored;
    std::optional<RegionFeatures> to_move;
    if (how.features) regions = kept.Load(kept.EntryOf(annotated));
    if (how.mirrored_truth) mirrored = kept.Load(kept.MirroredEntryOf(annotated));
    if (IsToMove(annotated, how)) to_move = kept.cache.Load(ToMoveEntryOf(annotated, how));
    if ((how.features && !regions) || (how.mirrored_truth && !mirrored) ||
        (IsToMove(annotated, how) && !to_move)) {
      continue;
    }
    extracted.positions.push_back(i);
    if (regions) {
      extracted.images.push_back({.truth = annotated.annotations, .regions = std::move(*regions)});
    }
    if (mirrored) {
      extracted.mirrored.push_back({.truth = MirroredTruth(annotated, mirrored->image_width),
                                    .regions = std::move(*mirrored)});
    }
    if (to_move) {
      extracted.to_move.push_back(
          {.truth = annotated.annotations, .proposals = std::move(*to_move)});
    }
  }
  return extracted;
}

std::vector<std::size_t> AllOf(const Dataset& dataset) {
  std::vector<std::size_t> all(dataset.images.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

}  // namespace

BoxesToMove BoxesToMoveOf(std::size_t pictures, double min_iou) {
  constexpr std::size_t kInAll = 20000;
  return {.min_iou = min_iou,
          .count = std::clamp<std::size_t>(kInAll / std::max<std::size_t>(pictures, 1), 4, 32)};
}

std::size_t FillTrainingFeatures(const Dataset& dataset,
                                 const std::vector<std::size_t>& pictures,
                                 const TrainingFeatures& how) {
  return Fill({.kept = {KeptFeatures(how)}}, dataset, pictures);
}

void FillTrainingFeaturesForAll(const Dataset& dataset, const std::vector<TrainingFeatures>& all) {
  std::vector<std::vector<std::string>> fingerprints;
  std::vector<CropOptions> crops;
  for (const TrainingFeatures& how : all) {
    fingerprints.push_back(how.row_fingerprints);
    crops.push_back(how.crop);
  }
  for (const FamilyMembers& family : GroupIntoFamilies(fingerprints, crops)) {
    ExtractedTogether together{.kept = {}, .shared_rows = family.shared_rows};
    for (const std::size_t member : family.positions) together.kept.emplace_back(all[member]);
    Fill(together, dataset, AllOf(dataset));
    if (StopAsked()) return;
  }
}

ExtractedImages LoadTrainingFeatures(const Dataset& dataset, const TrainingFeatures& how) {
  const ExtractedTogether alone = {.kept = {KeptFeatures(how)}};
  const std::vector<std::size_t> all = AllOf(dataset);
  const std::vector<std::size_t> missing = alone.MissingOf(dataset, all);
  ExtractedImages extracted = LoadFrom(alone.kept.front(), dataset);
  // Only reading tells that an entry is damaged; it is gone then.
  const std::vector<std::size_t> missing_now = alone.MissingOf(dataset, all);
  std::vector<std::size_t> damaged;
  std::ranges::set_difference(missing_now, missing, std::back_inserter(damaged));
  if (damaged.empty() || StopAsked()) return extracted;
  fmt::print(stderr,
             "{}: the features of {} pictures were damaged and are extracted again\n",
             how.cache.string(),
             damaged.size());
  FillCaches(alone, dataset, damaged, all.size());
  return LoadFrom(alone.kept.front(), dataset);
}

ExtractedImages ExtractTrainingFeatures(const Dataset& dataset, const TrainingFeatures& how) {
  FillTrainingFeatures(dataset, AllOf(dataset), how);
  return LoadTrainingFeatures(dataset, how);
}

}  // namespace deeper::tools
