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

// The boxes whose features a training picture needs: its objects' own, then proposals.
std::vector<Box> BoxesFor(const AnnotatedImage& annotated,
                          const Image& image,
                          const TrainingFeatures& how) {
  const std::vector<Box> proposals = BoxesOf(SelectiveSearch(image, how.proposals));
  const std::size_t at_most =
      IsSampled(annotated, how) ? how.max_proposals : std::numeric_limits<std::size_t>::max();
  return SampleTrainingBoxes(annotated, proposals, at_most, /*seed=*/0);
}

// Boxes that the first pictures have, on average: the base of the estimate of the cache's size.
double MeanBoxes(const Dataset& dataset, const TrainingFeatures& how) {
  constexpr std::size_t kSample = 8;
  std::size_t boxes = 0;
  std::size_t pictures = 0;
  for (const AnnotatedImage& annotated : dataset.images) {
    if (pictures == kSample) break;
    try {
      boxes += BoxesFor(annotated, ReadImage(annotated.image_path), how).size();
      ++pictures;
    } catch (const Error&) {
      continue;  // reported when its turn comes
    }
  }
  return pictures == 0 ? 0 : static_cast<double>(boxes) / static_cast<double>(pictures);
}

// `caches`: the directories of networks that run together; `how`: of any of them.
void SaySize(const Dataset& dataset,
             std::size_t missing,
             const TrainingFeatures& how,
             const std::vector<std::string>& caches) {
  const double boxes = MeanBoxes(dataset, how);
  const auto bytes = static_cast<double>(caches.size()) *
                     static_cast<double>(FeatureCache::BytesFor(static_cast<std::size_t>(boxes)));
  const auto pictures = static_cast<double>(dataset.images.size());
  const double free = static_cast<double>(std::filesystem::space(how.cache).available);
  fmt::print(
      stderr,
      "features: {} pictures, about {:.0f} boxes each: {} in {}, of which {} to write ({} free)\n",
      dataset.images.size(),
      boxes,
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
             how.backbone_fingerprint, how.network->options(), how.crop, Proposer(how.proposals)) +
         fmt::format("training boxes {}\n", how.max_proposals);
}

// Identifies a picture's entry: a changed annotation changes the first boxes, and all proposals of
// a picture are not a sample of them.
std::string EntryOf(const AnnotatedImage& annotated, const TrainingFeatures& how) {
  std::string boxes;
  for (const Annotation& annotation : annotated.annotations) {
    const Box& box = annotation.box;
    boxes += fmt::format("{} {} {} {};", box.x0, box.y0, box.x1, box.y1);
  }
  const bool is_whole = how.max_proposals > 0 && !IsSampled(annotated, how);
  return fmt::format("{}-{:016x}{}", annotated.id, Fnv1a(boxes), is_whole ? "-all" : "");
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
  const auto contains = [&](const std::string& entry) {
    return std::ranges::all_of(caches, [&](const FeatureCache& cache) {
      return cache.Contains(entry) && (!how.context || cache.Contains(ContextEntryOf(entry)));
    });
  };
  return contains(EntryOf(annotated, how)) &&
         (!how.mirrored_truth || contains(MirroredEntryOf(annotated, how)));
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

// Puts what the caches do not hold of this picture into them.
void ExtractInto(const Caches& caches,
                 const AnnotatedImage& annotated,
                 const TrainingFeatures& how,
                 FeatureExtractor& extractor) {
  const Image image = ReadImage(annotated.image_path);
  StageTimes times;
  const auto store = [&](const std::string& entry, const Image& of, const auto& make_boxes) {
    const auto lacks = [&](const FeatureCache& cache) { return !cache.Contains(entry); };
    if (std::ranges::none_of(caches, lacks)) return;
    const std::vector<RegionFeatures> extracted = extractor.ExtractForAll(of, make_boxes(), times);
    for (std::size_t i = 0; i < caches.size(); ++i) {
      if (lacks(caches[i])) caches[i].Store(entry, extracted[i]);
    }
  };
  const auto store_with_context =
      [&](const std::string& entry, const Image& of, const auto& make_boxes) {
        store(entry, of, make_boxes);
        if (!how.context) return;
        store(ContextEntryOf(entry), of, [&] { return std::vector<Box>{WholeImageBox(of)}; });
      };
  store_with_context(
      EntryOf(annotated, how), image, [&] { return BoxesFor(annotated, image, how); });
  if (!how.mirrored_truth) return;
  store_with_context(MirroredEntryOf(annotated, how), MirrorImage(image), [&] {
    std::vector<Box> boxes;
    for (const Annotation& annotation : MirroredTruth(annotated, image.width))
      boxes.push_back(annotation.box);
    return boxes;
  });
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
    std::optional<RegionFeatures> regions = LoadEntry(cache, EntryOf(annotated, how), how);
    if (how.mirrored_truth) {
      std::optional<RegionFeatures> mirrored =
          LoadEntry(cache, MirroredEntryOf(annotated, how), how);
      if (!regions || !mirrored) continue;
      extracted.mirrored.push_back({.truth = MirroredTruth(annotated, mirrored->image_width),
                                    .regions = std::move(*mirrored)});
    }
    if (!regions) continue;
    extracted.positions.push_back(i);
    extracted.images.push_back({.truth = annotated.annotations, .regions = std::move(*regions)});
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

ExtractedImages ExtractTrainingFeatures(const Dataset& dataset, const TrainingFeatures& how) {
  const Caches cache = {FeatureCache(how.cache, Recipe(how))};
  const auto fill = [&](const std::vector<std::size_t>& missing) {
    FillCaches(cache,
               FeatureExtractor(*how.network, how.crop),
               dataset,
               missing,
               dataset.images.size(),
               how);
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
      cache, FeatureExtractor(*how.network, how.crop), dataset, missing, pictures.size(), how);
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
               FeatureExtractor(NetworkFamily(networks, family.shared_rows), how.crop),
               dataset,
               missing,
               dataset.images.size(),
               how);
    if (StopAsked()) return;
  }
}

}  // namespace deeper::tools
