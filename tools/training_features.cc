#include "tools/training_features.h"

#include <fmt/format.h>
#include <oneapi/tbb/enumerable_thread_specific.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <optional>

#include "core/error.h"
#include "core/random.h"
#include "core/read_image.h"
#include "detector/features.h"
#include "tools/extraction.h"
#include "tools/parallel.h"
#include "tools/progress.h"

namespace deeper::tools {

namespace {

// The boxes whose features a training picture needs: its objects' own, then proposals.
std::vector<Box> BoxesFor(const AnnotatedImage& annotated,
                          const Image& image,
                          const TrainingFeatures& how) {
  const std::vector<Box> proposals = BoxesOf(SelectiveSearch(image, how.proposals));
  const std::size_t at_most =
      how.max_proposals == 0 ? std::numeric_limits<std::size_t>::max() : how.max_proposals;
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

void SaySize(const Dataset& dataset, std::size_t missing, const TrainingFeatures& how) {
  const double boxes = MeanBoxes(dataset, how);
  const auto bytes = static_cast<double>(FeatureCache::BytesFor(static_cast<std::size_t>(boxes)));
  const auto pictures = static_cast<double>(dataset.images.size());
  const double free = static_cast<double>(std::filesystem::space(how.cache).available);
  fmt::print(
      stderr,
      "features: {} pictures, about {:.0f} boxes each: {} in {}, of which {} to write ({} free)\n",
      dataset.images.size(),
      boxes,
      BytesText(bytes * pictures),
      how.cache.string(),
      BytesText(bytes * static_cast<double>(missing)),
      BytesText(free));
  if (bytes * static_cast<double>(missing) > free) {
    throw Error(
        fmt::format("{}: not enough space for the features; name another directory with --cache or "
                    "lower --max-proposals",
                    how.cache.string()));
  }
}

std::string Recipe(const TrainingFeatures& how) {
  return RecipeOf(how.backbone_fingerprint, how.network->options(), how.crop, how.proposals) +
         fmt::format("training boxes {}\n", how.max_proposals);
}

// Identifies a picture's entry: a changed annotation changes the first boxes.
std::string EntryOf(const AnnotatedImage& annotated) {
  std::string boxes;
  for (const Annotation& annotation : annotated.annotations) {
    const Box& box = annotation.box;
    boxes += fmt::format("{} {} {} {};", box.x0, box.y0, box.x1, box.y1);
  }
  return fmt::format("{}-{:016x}", annotated.id, Fnv1a(boxes));
}

}  // namespace

ExtractedImages ExtractTrainingFeatures(const Dataset& dataset, const TrainingFeatures& how) {
  const FeatureCache cache(how.cache, Recipe(how));
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    if (!cache.Contains(EntryOf(dataset.images[i]))) missing.push_back(i);
  }
  if (!missing.empty()) {
    SaySize(dataset, missing.size(), how);
    oneapi::tbb::enumerable_thread_specific<FeatureExtractor> extractors(
        [&] { return FeatureExtractor(*how.network, how.crop); });
    ProgressLine progress("extracting features",
                          "pictures",
                          dataset.images.size(),
                          dataset.images.size() - missing.size());
    ForEachInOrder<std::string>(
        missing.size(),
        how.workers,
        [&](std::size_t i) -> std::string {
          const AnnotatedImage& annotated = dataset.images[missing[i]];
          try {
            const Image image = ReadImage(annotated.image_path);
            StageTimes times;
            cache.Store(EntryOf(annotated),
                        extractors.local().Extract(image, BoxesFor(annotated, image, how), times));
            return {};
          } catch (const Error& error) {
            return error.what();
          }
        },
        [&](std::size_t, const std::string& error) {
          if (!error.empty()) progress.Say("skipped: " + error);
          progress.Advance();
        });
  }
  ExtractedImages extracted;
  for (std::size_t i = 0; i < dataset.images.size() && !StopAsked(); ++i) {
    std::optional<RegionFeatures> regions = cache.Load(EntryOf(dataset.images[i]));
    if (!regions) continue;
    extracted.positions.push_back(i);
    extracted.images.push_back(
        {.truth = dataset.images[i].annotations, .regions = std::move(*regions)});
  }
  return extracted;
}

}  // namespace deeper::tools
