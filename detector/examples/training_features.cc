#include "detector/examples/training_features.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "backbone/network.h"
#include "backbone/network_family.h"
#include "core/error.h"
#include "core/pictures/read_image.h"
#include "core/proposal.h"
#include "core/text/quantities.h"
#include "detector/examples/data_split.h"
#include "detector/heads/region_features.h"
#include "detector/heads/training_boxes.h"
#include "detector/regions/feature_cache.h"
#include "detector/regions/features.h"

namespace deeper {

namespace {

// Of this picture, best first.
std::vector<Box> ProposalsFor(const AnnotatedImage& annotated,
                              const Image& image,
                              const TrainingFeatures& how) {
  if (how.source.held_out_proposer != nullptr && how.source.holdout.Contains(annotated.id))
    return BoxesOf(how.source.held_out_proposer->Propose(image).proposals);
  return BoxesOf(SelectiveSearch(image, how.source.proposals));
}

// The boxes whose features a training picture needs: its objects' own, then proposals.
std::vector<Box> BoxesFor(const AnnotatedImage& annotated,
                          const std::vector<Box>& proposals,
                          const TrainingFeatures& how) {
  const std::size_t at_most = IsSampled(annotated, how.source)
                                  ? how.source.max_proposals
                                  : std::numeric_limits<std::size_t>::max();
  return SampleTrainingBoxes(annotated, proposals, at_most, /*seed=*/0);
}

// The average size of the first pictures, from which the cache's size is estimated.
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
          ProposalsFor(annotated, ReadImage(annotated.image_path, how.source.reading), how);
      if (how.wanted.features) {
        const std::size_t boxes = BoxesFor(annotated, proposals, how).size();
        mean.boxes += static_cast<double>(boxes);
        mean.bytes += static_cast<double>(FeatureCache::BytesFor(boxes));
      }
      if (IsToMove(annotated, how)) {
        const std::size_t boxes =
            SampleBoxesToMove(
                annotated, proposals, how.wanted.to_move->min_iou, how.wanted.to_move->count)
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

// Networks whose features are extracted together. What is read from the first alone is the same for
// all.
struct ExtractedTogether {
  std::vector<KeptFeatures> kept;
  std::size_t shared_rows = 0;

  const TrainingFeatures& how() const { return kept.front().how(); }

  FeatureExtractor Extractor() const {
    std::vector<const Network*> networks;
    std::vector<const BoxRegression*> regressions;
    for (const KeptFeatures& one : kept) {
      networks.push_back(one.how().source.network);
      regressions.push_back(one.how().wanted.box_regression);
    }
    return {
        NetworkFamily(std::move(networks), shared_rows), how().source.crop, std::move(regressions)};
  }

  // Of these pictures, how many a cache has of another content.
  std::size_t ChangedOf(const Dataset& dataset, const std::vector<std::size_t>& pictures) const {
    return static_cast<std::size_t>(std::ranges::count_if(pictures, [&](std::size_t i) {
      const auto is_of_other = [&](const KeptFeatures& one) {
        return one.IsOfOther(dataset.images[i]);
      };
      return std::ranges::any_of(kept, is_of_other);
    }));
  }

  // The pictures that a cache lacks, judging by names and contents.
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
             const ExtractedTogether& together,
             const Monitor& monitor) {
  std::vector<std::string> caches;
  for (const KeptFeatures& one : together.kept) caches.push_back(one.how().source.cache.string());
  const MeanSize mean = MeanSizeOf(dataset, together.how());
  const double bytes = static_cast<double>(caches.size()) * mean.bytes;
  const double free =
      static_cast<double>(std::filesystem::space(together.how().source.cache).available);
  monitor.say(
      fmt::format("features: {}, about {:.0f} boxes each: {} in {}, of which {} to write ({} free)",
                  Counted(pictures, "pictures"),
                  mean.boxes,
                  BytesText(bytes * static_cast<double>(pictures)),
                  fmt::join(caches, ", "),
                  BytesText(bytes * static_cast<double>(missing)),
                  BytesText(free)));
  if (bytes * static_cast<double>(missing) > free) {
    throw Error(
        fmt::format("{}: not enough space for the features; name another directory for them, or "
                    "take fewer boxes of each picture (max_proposals)",
                    fmt::join(caches, ", ")));
  }
}

std::vector<Annotation> MirroredTruth(const AnnotatedImage& annotated, int width_px) {
  std::vector<Annotation> truth = annotated.annotations;
  for (Annotation& annotation : truth) annotation.box = MirrorBox(annotation.box, width_px);
  return truth;
}

// Extracts the features of this picture that the caches lack, and adds them.
void ExtractInto(const ExtractedTogether& together,
                 const AnnotatedImage& annotated,
                 FeatureExtractor& extractor) {
  const TrainingFeatures& how = together.how();
  const Image image = ReadImage(annotated.image_path, how.source.reading);
  std::optional<std::vector<Box>> proposed;
  const auto proposals = [&]() -> const std::vector<Box>& {
    if (!proposed) proposed = ProposalsFor(annotated, image, how);
    return *proposed;
  };
  const auto store = [&](const auto& entry_of, const auto& extract) {
    const auto lacks = [&](const KeptFeatures& one) {
      return !one.cache().Contains(entry_of(one));
    };
    if (std::ranges::none_of(together.kept, lacks)) return;
    const std::vector<RegionFeatures> extracted = extract();
    for (std::size_t i = 0; i < together.kept.size(); ++i) {
      const KeptFeatures& one = together.kept[i];
      if (lacks(one)) one.cache().Store(entry_of(one), extracted[i]);
    }
  };
  StageTimes times;
  const auto store_features = [&](const auto& entry_of, const Image& of, const auto& make_boxes) {
    store(entry_of, [&] { return extractor.ExtractForAll(of, make_boxes(), times); });
    if (!how.wanted.context) return;
    store([&](const KeptFeatures& one) { return KeptFeatures::ContextEntryOf(entry_of(one)); },
          [&] { return extractor.ExtractForAll(of, {WholeImageBox(of)}, times); });
  };
  if (how.wanted.features) {
    store_features([&](const KeptFeatures& one) { return one.EntryOf(annotated); },
                   image,
                   [&] { return BoxesFor(annotated, proposals(), how); });
  }
  if (how.wanted.mirrored_truth) {
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
    store([&](const KeptFeatures& one) { return one.ToMoveEntryOf(annotated); },
          [&] {
            const std::vector<Box> boxes = SampleBoxesToMove(
                annotated, proposals(), how.wanted.to_move->min_iou, how.wanted.to_move->count);
            return extractor.ExtractProfilesForAll(image, boxes, times);
          });
  }
}

// Extracts what the caches lack of `missing` pictures. One that cannot be read is reported and
// skipped; returns the number of those.
std::size_t FillCaches(const ExtractedTogether& together,
                       const Dataset& dataset,
                       const std::vector<std::size_t>& missing,
                       std::size_t wanted,
                       const Monitor& monitor) {
  FeatureExtractor extractor = together.Extractor();
  return ForEachOrSkip(
      monitor,
      "extracting features",
      "pictures",
      missing.size(),
      wanted,
      together.how().source.workers,
      [&](std::size_t i) { ExtractInto(together, dataset.images[missing[i]], extractor); });
}

// FillCaches for what these pictures lack, after saying how much it is.
std::size_t Fill(const ExtractedTogether& together,
                 const Dataset& dataset,
                 const std::vector<std::size_t>& pictures,
                 const Monitor& monitor) {
  const std::vector<std::size_t> missing = together.MissingOf(dataset, pictures);
  if (missing.empty()) return 0;
  if (const std::size_t changed = together.ChangedOf(dataset, missing); changed > 0) {
    monitor.say(fmt::format("{}: {} changed since features were kept, which are extracted anew",
                            together.how().source.cache.string(),
                            Counted(changed, "pictures")));
  }
  SaySize(dataset, pictures.size(), missing.size(), together, monitor);
  return FillCaches(together, dataset, missing, pictures.size(), monitor);
}

// Loads what the cache holds of the data set, until asked to stop.
ExtractedImages LoadFrom(const KeptFeatures& kept, const Dataset& dataset, const Monitor& monitor) {
  const TrainingFeatures& how = kept.how();
  ExtractedImages extracted;
  for (std::size_t i = 0; i < dataset.images.size() && !monitor.stop_asked(); ++i) {
    const AnnotatedImage& annotated = dataset.images[i];
    // All entries are read before the picture is given up, so that every damaged one is found.
    std::optional<RegionFeatures> regions;
    std::optional<RegionFeatures> mirrored;
    std::optional<RegionFeatures> to_move;
    if (how.wanted.features) regions = kept.Load(kept.EntryOf(annotated));
    if (how.wanted.mirrored_truth) mirrored = kept.Load(kept.MirroredEntryOf(annotated));
    if (IsToMove(annotated, how)) to_move = kept.cache().Load(kept.ToMoveEntryOf(annotated));
    if ((how.wanted.features && !regions) || (how.wanted.mirrored_truth && !mirrored) ||
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

std::size_t FillTrainingFeatures(const Dataset& dataset,
                                 const std::vector<std::size_t>& pictures,
                                 const TrainingFeatures& how,
                                 const Monitor& monitor) {
  return Fill({.kept = {KeptFeatures(how)}}, dataset, pictures, monitor);
}

void FillTrainingFeaturesForAll(const Dataset& dataset,
                                const std::vector<TrainingFeatures>& all,
                                const Monitor& monitor) {
  std::vector<std::vector<std::string>> fingerprints;
  std::vector<CropOptions> crops;
  for (const TrainingFeatures& how : all) {
    fingerprints.push_back(how.source.row_fingerprints);
    crops.push_back(how.source.crop);
  }
  for (const FamilyMembers& family : GroupIntoFamilies(fingerprints, crops)) {
    ExtractedTogether together{.kept = {}, .shared_rows = family.shared_rows};
    for (const std::size_t member : family.positions) together.kept.emplace_back(all[member]);
    Fill(together, dataset, AllOf(dataset), monitor);
    if (monitor.stop_asked()) return;
  }
}

ExtractedImages LoadTrainingFeatures(const Dataset& dataset,
                                     const TrainingFeatures& how,
                                     const Monitor& monitor) {
  const ExtractedTogether alone = {.kept = {KeptFeatures(how)}};
  const std::vector<std::size_t> all = AllOf(dataset);
  const std::vector<std::size_t> missing = alone.MissingOf(dataset, all);
  ExtractedImages extracted = LoadFrom(alone.kept.front(), dataset, monitor);
  // Only reading shows that an entry is damaged; it is removed then.
  const std::vector<std::size_t> missing_now = alone.MissingOf(dataset, all);
  std::vector<std::size_t> damaged;
  std::ranges::set_difference(missing_now, missing, std::back_inserter(damaged));
  if (damaged.empty() || monitor.stop_asked()) return extracted;
  monitor.say(fmt::format("{}: features that were damaged and are extracted again: {}",
                          how.source.cache.string(),
                          Counted(damaged.size(), "pictures")));
  FillCaches(alone, dataset, damaged, all.size(), monitor);
  return LoadFrom(alone.kept.front(), dataset, monitor);
}

ExtractedImages ExtractTrainingFeatures(const Dataset& dataset,
                                        const TrainingFeatures& how,
                                        const Monitor& monitor) {
  FillTrainingFeatures(dataset, AllOf(dataset), how, monitor);
  return LoadTrainingFeatures(dataset, how, monitor);
}

}  // namespace deeper
