#include "tools/training_features.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <optional>

#include "core/error.h"
#include "core/random.h"
#include "core/read_image.h"
#include "detector/features.h"
#include "tools/extraction.h"
#include "tools/holdout.h"
#include "tools/parallel.h"
#include "tools/progress.h"

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
          BoxesOf(SelectiveSearch(ReadImage(annotated.image_path), how.proposals));
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

// `caches`: the directories of networks that run together; `how`: of any of them.
void SaySize(const Dataset& dataset,
             std::size_t missing,
             const TrainingFeatures& how,
             const std::vector<std::string>& caches) {
  const MeanSize mean = MeanSizeOf(dataset, how);
  const double bytes = static_cast<double>(caches.size()) * mean.bytes;
  const auto pictures = static_cast<double>(dataset.images.size());
  const double free = static_cast<double>(std::filesystem::space(how.cache).available);
  fmt::print(
      stderr,
      "features: {} pictures, about {:.0f} boxes each: {} in {}, of which {} to write ({} free)\n",
      dataset.images.size(),
      mean.boxes,
      BytesText(bytes * pictures),
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

// Identifies a picture's entry: a changed annotation changes the first boxes, another number of
// proposals the rest, and another box regression moves them elsewhere.
std::string EntryOf(const AnnotatedImage& annotated, const TrainingFeatures& how) {
  std::string entry = PictureNameOf(annotated);
  entry += IsSampled(annotated, how) ? fmt::format("-{}", how.max_proposals) : "-all";
  if (how.box_regression != nullptr && IsHeldOut(annotated.id, how.holdout))
    entry += "-moved-" + DigestOf(*how.box_regression).substr(0, 16);
  return entry;
}

std::string ToMoveEntryOf(const AnnotatedImage& annotated, const TrainingFeatures& how) {
  return fmt::format(
      "{}-profiles-{}-{}", PictureNameOf(annotated), how.to_move->min_iou, how.to_move->count);
}

std::string MirroredEntryOf(const AnnotatedImage& annotated, const TrainingFeatures& how) {
  return EntryOf(annotated, how) + "-mirrored";
}

// The whole picture's entry beside that of its boxes.
std::string ContextEntryOf(const std::string& entry) { return entry + "-context"; }

std::vector<Annotation> MirroredTruth(const AnnotatedImage& annotated, int width_px) {
  std::vector<Annotation> truth = annotated.annotations;
  for (Annotation& annotation : truth) annotation.box = MirrorBox(annotation.box, width_px);
  return truth;
}

// The caches of networks that run together; one a network of the extractor's family.
using Caches = std::vector<FeatureCache>;

// Whether all caches hold the picture. Here and below `how` is of any of the networks.
bool IsComplete(const AnnotatedImage& annotated,
                const TrainingFeatures& how,
                const Caches& caches) {
  const auto has = [&](const std::string& entry) {
    return std::ranges::all_of(caches,
                               [&](const FeatureCache& cache) { return cache.Contains(entry); });
  };
  const auto contains = [&](const std::string& entry) {
    return has(entry) && (!how.context || has(ContextEntryOf(entry)));
  };
  return (!how.features || contains(EntryOf(annotated, how))) &&
         (!how.mirrored_truth || contains(MirroredEntryOf(annotated, how))) &&
         (!IsToMove(annotated, how) || has(ToMoveEntryOf(annotated, how)));
}

// The features under this entry, with their context where it is wanted; nothing where the cache
// does not have all.
std::optional<RegionFeatures> LoadEntry(const FeatureCache& cache,
                                        const std::string& entry,
                                        const TrainingFeatures& how) {
  std::optional<RegionFeatures> regions = cache.Load(entry);
  if (!how.context) return regions;
  std::optional<RegionFeatures> whole = cache.Load(ContextEntryOf(entry));
  if (!regions || !whole) return std::nullopt;
  regions->context = std::move(whole->features);
  return regions;
}

FeatureExtractor ExtractorFor(const std::vector<const Network*>& networks,
                              std::size_t shared_rows,
                              const TrainingFeatures& how) {
  std::vector<const BoxRegression*> regressions;
  if (how.box_regression != nullptr) regressions.push_back(how.box_regression);
  return {NetworkFamily(networks, shared_rows), how.crop, std::move(regressions)};
}

// Puts what the caches do not hold of this picture into them.
void ExtractInto(const Caches& caches,
                 const AnnotatedImage& annotated,
                 const TrainingFeatures& how,
                 FeatureExtractor& extractor) {
  const Image image = ReadImage(annotated.image_path);
  std::optional<std::vector<Box>> proposed;
  const auto proposals = [&]() -> const std::vector<Box>& {
    if (!proposed) proposed = BoxesOf(SelectiveSearch(image, how.proposals));
    return *proposed;
  };
  const auto store = [&](const std::string& entry, const auto& extract) {
    const auto lacks = [&](const FeatureCache& cache) { return !cache.Contains(entry); };
    if (std::ranges::none_of(caches, lacks)) return;
    const std::vector<RegionFeatures> extracted = extract();
    for (std::size_t i = 0; i < caches.size(); ++i) {
      if (lacks(caches[i])) caches[i].Store(entry, extracted[i]);
    }
  };
  StageTimes times;
  const auto store_features =
      [&](const std::string& entry, const Image& of, const auto& make_boxes) {
        store(entry, [&] { return extractor.ExtractForAll(of, make_boxes(), times); });
        if (!how.context) return;
        store(ContextEntryOf(entry),
              [&] { return extractor.ExtractForAll(of, {WholeImageBox(of)}, times); });
      };
  if (how.features) {
    store_features(
        EntryOf(annotated, how), image, [&] { return BoxesFor(annotated, proposals(), how); });
  }
  if (how.mirrored_truth) {
    store_features(MirroredEntryOf(annotated, how), MirrorImage(image), [&] {
      std::vector<Box> boxes;
      for (const Annotation& annotation : MirroredTruth(annotated, image.width))
        boxes.push_back(annotation.box);
      return boxes;
    });
  }
  if (IsToMove(annotated, how)) {
    store(ToMoveEntryOf(annotated, how), [&] {
      const std::vector<Box> boxes =
          SampleBoxesToMove(annotated, proposals(), how.to_move->min_iou, how.to_move->count);
      return extractor.ExtractProfilesForAll(image, boxes, times);
    });
  }
}

// Extracts what is missing of `wanted` pictures, with progress; a picture that cannot be read is
// reported and passed over. Gives back how many those were.
std::size_t FillCaches(const Caches& caches,
                       FeatureExtractor extractor,
                       const Dataset& dataset,
                       const std::vector<std::size_t>& missing,
                       std::size_t wanted,
                       const TrainingFeatures& how) {
  std::size_t unreadable = 0;
  ProgressLine progress("extracting features", "pictures", wanted, wanted - missing.size());
  ForEachInOrder<std::string>(
      missing.size(),
      how.workers,
      [&](std::size_t i) -> std::string {
        try {
          ExtractInto(caches, dataset.images[missing[i]], how, extractor);
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

// What the cache holds of the data set, until StopAsked().
ExtractedImages LoadFrom(const FeatureCache& cache,
                         const Dataset& dataset,
                         const TrainingFeatures& how) {
  ExtractedImages extracted;
  for (std::size_t i = 0; i < dataset.images.size() && !StopAsked(); ++i) {
    const AnnotatedImage& annotated = dataset.images[i];
    // All entries are read before one is given up, so that every damaged one is found.
    std::optional<RegionFeatures> regions;
    std::optional<RegionFeatures> mirrored;
    std::optional<RegionFeatures> to_move;
    if (how.features) regions = LoadEntry(cache, EntryOf(annotated, how), how);
    if (how.mirrored_truth) mirrored = LoadEntry(cache, MirroredEntryOf(annotated, how), how);
    if (IsToMove(annotated, how)) to_move = cache.Load(ToMoveEntryOf(annotated, how));
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

// Positions of the pictures whose features a cache lacks, as far as names tell.
std::vector<std::size_t> MissingFrom(const Caches& caches,
                                     const Dataset& dataset,
                                     const TrainingFeatures& how) {
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    if (!IsComplete(dataset.images[i], how, caches)) missing.push_back(i);
  }
  return missing;
}

}  // namespace

BoxesToMove BoxesToMoveOf(std::size_t pictures, double min_iou) {
  constexpr std::size_t kInAll = 20000;
  return {.min_iou = min_iou,
          .count = std::clamp<std::size_t>(kInAll / std::max<std::size_t>(pictures, 1), 4, 32)};
}

ExtractedImages ExtractTrainingFeatures(const Dataset& dataset, const TrainingFeatures& how) {
  const Caches cache = {FeatureCache(how.cache, Recipe(how))};
  const auto fill = [&](const std::vector<std::size_t>& missing) {
    FillCaches(
        cache, ExtractorFor({how.network}, 0, how), dataset, missing, dataset.images.size(), how);
  };
  std::vector<std::size_t> missing = MissingFrom(cache, dataset, how);
  if (!missing.empty()) {
    SaySize(dataset, missing.size(), how, {how.cache.string()});
    fill(missing);
    missing = MissingFrom(cache, dataset, how);
  }
  ExtractedImages extracted = LoadFrom(cache.front(), dataset, how);
  // Only reading tells that an entry is damaged; it is gone then.
  const std::size_t damaged = MissingFrom(cache, dataset, how).size() - missing.size();
  if (damaged == 0 || StopAsked()) return extracted;
  fmt::print(stderr,
             "{}: the features of {} pictures were damaged and are extracted again\n",
             how.cache.string(),
             damaged);
  fill(MissingFrom(cache, dataset, how));
  return LoadFrom(cache.front(), dataset, how);
}

std::size_t FillTrainingFeatures(const Dataset& dataset,
                                 const std::vector<std::size_t>& pictures,
                                 const TrainingFeatures& how) {
  const Caches cache = {FeatureCache(how.cache, Recipe(how))};
  std::vector<std::size_t> missing;
  for (const std::size_t i : pictures) {
    if (!IsComplete(dataset.images[i], how, cache)) missing.push_back(i);
  }
  if (missing.empty()) return 0;
  SaySize(dataset, missing.size(), how, {how.cache.string()});
  return FillCaches(
      cache, ExtractorFor({how.network}, 0, how), dataset, missing, pictures.size(), how);
}

void FillTrainingFeaturesForAll(const Dataset& dataset, const std::vector<TrainingFeatures>& all) {
  std::vector<std::vector<std::string>> fingerprints;
  std::vector<CropOptions> crops;
  for (const TrainingFeatures& how : all) {
    fingerprints.push_back(how.row_fingerprints);
    crops.push_back(how.crop);
  }
  for (const FamilyMembers& family : GroupIntoFamilies(fingerprints, crops)) {
    const TrainingFeatures& how = all[family.positions.front()];
    Caches caches;
    std::vector<std::string> directories;
    std::vector<const Network*> networks;
    for (const std::size_t member : family.positions) {
      caches.emplace_back(all[member].cache, Recipe(all[member]));
      directories.push_back(all[member].cache.string());
      networks.push_back(all[member].network);
    }
    const std::vector<std::size_t> missing = MissingFrom(caches, dataset, how);
    if (missing.empty()) continue;
    SaySize(dataset, missing.size(), how, directories);
    FillCaches(caches,
               ExtractorFor(networks, family.shared_rows, how),
               dataset,
               missing,
               dataset.images.size(),
               how);
    if (StopAsked()) return;
  }
}

}  // namespace deeper::tools
