#include "tools/input/label_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <ranges>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/text/quantities.h"
#include "eval/formats/formats.h"
#include "eval/formats/losses.h"
#include "tools/input/picture_sizes.h"
#include "tools/options/option_errors.h"

namespace deeper::tools {

namespace fs = std::filesystem;

namespace {

// Sizes of the data set's pictures by id.
SizeOfImage SizesOf(const Dataset& dataset) {
  std::unordered_map<std::string, std::pair<int, int>> sizes;
  for (const AnnotatedImage& image : dataset.images) {
    sizes.emplace(image.id, std::pair(image.width, image.height));
  }
  return [sizes = std::move(sizes)](const std::string& id) -> std::optional<std::pair<int, int>> {
    const auto found = sizes.find(id);
    return found == sizes.end() ? std::nullopt : std::optional(found->second);
  };
}

void DropDetections(const std::vector<std::string>& ids, DetectionSet& detections) {
  const std::size_t dropped = std::erase_if(detections.images, [&](const ImageDetections& image) {
    return std::ranges::find(ids, image.id) != ids.end();
  });
  if (dropped == 0) return;
  fmt::print(stderr,
             "warning: left out the detections of {} that are left out\n",
             Counted(dropped, "pictures"));
}

// Detections of pictures whose boxes were turned upright in the data set: those that state the size
// as stored count stored pixels too.
void TurnDetections(const std::vector<TurnedPicture>& turned, DetectionSet& detections) {
  std::unordered_map<std::string_view, const TurnedPicture*> by_id;
  for (const TurnedPicture& picture : turned) by_id.emplace(picture.id, &picture);
  std::size_t unknown = 0;
  for (ImageDetections& image : detections.images) {
    const auto found = by_id.find(image.id);
    if (found == by_id.end()) continue;
    const TurnedPicture& picture = *found->second;
    if (image.width == 0 || image.height == 0) ++unknown;
    const bool is_as_stored =
        image.width == picture.stored_width && image.height == picture.stored_height;
    if (!is_as_stored) continue;
    for (Detection& detection : image.detections) {
      detection.box = TurnedBox(
          detection.box, picture.orientation, picture.stored_width, picture.stored_height);
    }
    std::swap(image.width, image.height);
  }
  if (unknown == 0) return;
  fmt::print(stderr,
             "warning: {} annotated as stored with detections that state no size: these are taken "
             "to count upright pixels\n",
             Counted(unknown, "pictures"));
}

LabelFormat FormatAt(const fs::path& path, const std::string& format) {
  return format.empty() ? GuessLabelFormat(path) : LabelFormatFromName(format);
}

void RequireTellsEmptyPictures(LabelFormat format) {
  if (HoldsEmptyPictures(format, LabelKind::kDetections)) return;
  throw UsageError(
      fmt::format("--common-pictures needs detections that list their pictures, as jsonl does: in "
                  "{} one without detections is not told from one that was not looked at",
                  NameOf(format)));
}

// Leaves in both what both have, and says what that is.
void CutToCommon(Dataset& dataset, DetectionSet& detections) {
  const std::size_t all = dataset.images.size();
  const CommonPictures common = KeepCommonPictures(dataset, detections);
  if (dataset.images.empty()) {
    throw Error(fmt::format(
        "--common-pictures: none of the {} of the data set has a result in the detections, which "
        "have {} others; do the names agree?",
        Counted(all, "pictures"),
        common.without_dataset));
  }
  fmt::print(stderr,
             "with a result, and counted: {} of the data set's {}",
             dataset.images.size(),
             Counted(all, "pictures"));
  if (common.without_dataset > 0) {
    fmt::print(
        stderr, "; left out: {} of other pictures", Counted(common.without_dataset, "results"));
  }
  fmt::print(stderr, "\n");
}

// Whether the detections could be scaled to the size that the data set states.
bool Rescale(const SizeDifference& difference, ImageDetections& image) {
  if (!HaveOneShape(difference.width, difference.height, image.width, image.height)) return false;
  const double across = double(image.width) / difference.width;
  const double down = double(image.height) / difference.height;
  for (Detection& detection : image.detections) {
    detection.box = ScaledBox(detection.box, across, down);
  }
  return true;
}

}  // namespace

AlignedDetections AlignedDetectionsAt(const fs::path& path,
                                      const std::string& format,
                                      const DataSource& source,
                                      UnknownClasses unknown,
                                      LoadedData& truth,
                                      WhichPictures which) {
  DetectionSet detections = ReadDetections(path, format, truth, source.set);
  if (which == WhichPictures::kCommon) {
    RequireTellsEmptyPictures(FormatAt(path, format));
    CutToCommon(truth.dataset, detections);
  }
  AlignedDetections aligned = AlignDetections(truth.dataset, detections, unknown);
  if (aligned.without_result > 0) {
    fmt::print(stderr,
               "without a result in {}: {} of {}; all objects there count as missed\n",
               path.string(),
               aligned.without_result,
               Counted(truth.dataset.images.size(), "pictures"));
  }
  if (aligned.matched_by_file_name > 0) {
    fmt::print(stderr,
               "matched by file name: {} of the detections\n",
               Counted(aligned.matched_by_file_name, "pictures"));
  }
  std::vector<std::size_t> dropped;
  for (const SizeDifference& difference : aligned.size_differences) {
    ImageDetections& image = aligned.detections.images[difference.place];
    if (source.rescale_boxes && Rescale(difference, image)) continue;
    fmt::print(stderr,
               "left out {}: the data set has {} x {} pixels, its detections {} x {}\n",
               image.id,
               image.width,
               image.height,
               difference.width,
               difference.height);
    dropped.push_back(difference.place);
  }
  if (dropped.empty()) return aligned;
  fmt::print(stderr,
             "left out: {} of {}, for the reasons above; --rescale-boxes scales boxes where the "
             "shape is the same\n",
             dropped.size(),
             Counted(truth.dataset.images.size(), "pictures"));
  DropImages(truth.dataset, dropped);
  for (const std::size_t place : dropped | std::views::reverse) {
    aligned.detections.images.erase(aligned.detections.images.begin() +
                                    static_cast<std::ptrdiff_t>(place));
  }
  truth.mismatched += dropped.size();
  return aligned;
}

bool AreVocResults(const fs::path& path, const std::string& format) {
  return FormatAt(path, format) == LabelFormat::kVoc;
}

LabelledSet ReadDetectionsAlone(const fs::path& path,
                                const std::string& format,
                                const std::optional<fs::path>& images) {
  FormatContext context;
  PictureSizes sizes(images);
  context.size_of = [&](const std::string& id) { return sizes.Of(id); };
  context.images = images;
  ReadLabels read = ReadLabelsAs(FormatAt(path, format), path, context);
  SayWarnings(read.warnings);
  return std::move(read.labels);
}

DetectionSet ReadDetections(const fs::path& path,
                            const std::string& format,
                            const LoadedData& truth,
                            const std::string& set) {
  FormatContext context;
  context.kind = LabelKind::kDetections;
  if (!set.empty()) context.set = set;
  context.dataset = &truth.dataset;
  context.coco_ids = truth.coco_ids ? &*truth.coco_ids : nullptr;
  context.size_of = SizesOf(truth.dataset);
  const ReadLabels read = ReadLabelsAs(FormatAt(path, format), path, context);
  const auto first = std::ranges::find(read.warnings, true, &Warning::loses);
  if (first != read.warnings.end()) {
    throw Error(fmt::format("{}: {}; {} of the detections cannot be used",
                            first->where,
                            first->reason,
                            std::ranges::count(read.warnings, true, &Warning::loses)));
  }
  SayWarnings(read.warnings);
  DetectionSet detections = DetectionsOf(read.labels);
  DropDetections(truth.unreadable_images, detections);
  TurnDetections(truth.turned, detections);
  return detections;
}

}  // namespace deeper::tools
