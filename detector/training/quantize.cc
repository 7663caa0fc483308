#include "detector/training/quantize.h"

#include <oneapi/tbb/enumerable_thread_specific.h>

#include <atomic>
#include <functional>

#include "backbone/execution/activation_ranges.h"
#include "backbone/network.h"
#include "core/error.h"
#include "core/pictures/read_image.h"
#include "core/proposal.h"
#include "detector/examples/data_split.h"

namespace deeper {

namespace {

// The parts of a picture that a network will see.
using Views = std::function<std::vector<Box>(const Image&)>;

Quantization Measure(const Weights& weights,
                     const CropOptions& crop,
                     const Views& views,
                     const std::vector<std::filesystem::path>& given,
                     const MeasureOptions& options,
                     const Monitor& monitor) {
  const std::vector<std::filesystem::path> pictures = EvenlyOver(given, options.pictures);
  oneapi::tbb::enumerable_thread_specific<ActivationRanges> ranges(
      [&] { return ActivationRanges(weights); });
  std::atomic<std::size_t> read = 0;
  ForEachOrSkip(monitor,
                "measuring",
                "pictures",
                pictures.size(),
                pictures.size(),
                options.workers,
                [&](std::size_t i) {
                  const Image image = ReadImage(pictures[i]);
                  Tensor input = MakeTensor({.n = 1, .c = 3, .h = kCropSide, .w = kCropSide});
                  for (const Box& box : views(image)) {
                    Crop(image, box, crop, input.data);
                    ranges.local().Add(input);
                  }
                  ++read;
                });
  if (read == 0) throw Error("no picture could be read, so nothing was measured");
  ActivationRanges all(weights);
  for (const ActivationRanges& part : ranges) all.Merge(part);
  return all.Finish(options.fraction, crop.mean_bgr);
}

}  // namespace

Quantization MeasureOnProposals(const Weights& backbone,
                                const CropOptions& crop,
                                const SelectiveSearchOptions& proposals,
                                const std::vector<std::filesystem::path>& pictures,
                                const MeasureOptions& options,
                                const Monitor& monitor) {
  return Measure(
      backbone,
      crop,
      [&](const Image& image) {
        return EvenlyOver(BoxesOf(SelectiveSearch(image, proposals)), options.crops);
      },
      pictures,
      options,
      monitor);
}

Quantization MeasureOnPictures(const Weights& backbone,
                               const std::vector<std::filesystem::path>& pictures,
                               const MeasureOptions& options,
                               const Monitor& monitor) {
  return Measure(
      backbone,
      CropOptions{.padding_px = 0},
      [](const Image& image) { return std::vector<Box>{WholeImageBox(image)}; },
      pictures,
      options,
      monitor);
}

}  // namespace deeper
