#include "tools/input/label_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/error.h"
#include "eval/formats/formats.h"

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

void DropImages(const std::vector<std::string>& ids, DetectionSet& detections) {
  const std::size_t dropped = std::erase_if(detections.images, [&](const ImageDetections& image) {
    return std::ranges::find(ids, image.id) != ids.end();
  });
  if (dropped == 0) return;
  fmt::print(stderr,
             "warning: left out the detections of {} pictures that have no readable annotation\n",
             dropped);
}

}  // namespace

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
  const ReadLabels read = ReadLabelsAs(
      format.empty() ? GuessLabelFormat(path) : LabelFormatFromName(format), path, context);
  if (!read.warnings.empty()) {
    const Warning& first = read.warnings.front();
    throw Error(fmt::format("{}: {}; {} of the detections cannot be used",
                            first.where,
                            first.reason,
                            read.warnings.size()));
  }
  DetectionSet detections = DetectionsOf(read.labels);
  DropImages(truth.unreadable_images, detections);
  return detections;
}

}  // namespace deeper::tools
