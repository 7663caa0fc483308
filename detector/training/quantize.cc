#include "detector/training/quantize.h"

#include <oneapi/tbb/enumerable_thread_specific.h>

#include <atomic>
#include <exception>
#include <functional>
#include <mutex>

#include "backbone/execution/activation_ranges.h"
#include "backbone/network.h"
#include "core/error.h"
#include "core/pictures/read_image.h"
#include "core/proposal.h"
#include "detector/examples/data_split.h"

namespace deeper {

namespace {

// Adds a picture to the ranges.
using AddPicture = std::function<void(const Image&, ActivationRanges&)>;

// The first Error that the network is to blame for, not a picture: nothing is measured then. Safe
// from several threads.
class FirstFault {
 public:
  template <typename Work>
  void Keep(const Work& work) {
    try {
      work();
    } catch (const Error&) {
      const std::lock_guard lock(mutex_);
      if (!is_there_.exchange(true)) fault_ = std::current_exception();
    }
  }
  // `monitor`, whose work stops at the fault too.
  Monitor StoppedBy(const Monitor& monitor) const {
    Monitor stopped = monitor;
    stopped.stop_asked = [this, &monitor] { return is_there_ || monitor.stop_asked(); };
    return stopped;
  }
  void Throw() const {
    if (fault_) std::rethrow_exception(fault_);
  }

 private:
  std::mutex mutex_;
  std::atomic<bool> is_there_ = false;
  std::exception_ptr fault_;
};

Quantization Measure(const Weights& weights,
                     const std::array<float, 3>& mean_bgr,
                     const AddPicture& add,
                     const std::vector<std::filesystem::path>& given,
                     const MeasureOptions& options,
                     const Monitor& monitor) {
  const std::vector<std::filesystem::path> pictures = EvenlyOver(given, options.pictures);
  oneapi::tbb::enumerable_thread_specific<ActivationRanges> ranges(
      [&] { return ActivationRanges(weights); });
  std::atomic<std::size_t> read = 0;
  FirstFault fault;
  ForEachOrSkip(fault.StoppedBy(monitor),
                "measuring",
                "pictures",
                pictures.size(),
                pictures.size(),
                options.workers,
                [&](std::size_t i) {
                  const Image image = ReadImage(pictures[i], options.reading);
                  fault.Keep([&] { add(image, ranges.local()); });
                  ++read;
                });
  fault.Throw();
  if (monitor.stop_asked()) return {};
  if (read == 0) throw Error("no picture could be read, so nothing was measured");
  ActivationRanges all(weights);
  for (const ActivationRanges& part : ranges) all.Merge(part);
  return all.Finish(options.fraction, mean_bgr);
}

void AddCrops(const Image& image,
              const std::vector<Box>& boxes,
              const CropOptions& crop,
              ActivationRanges& ranges) {
  Tensor input = MakeTensor({.n = 1, .c = 3, .h = kCropSide, .w = kCropSide});
  for (const Box& box : boxes) {
    Crop(image, box, crop, input.data);
    ranges.Add(input);
  }
}

std::vector<Box> SomeProposals(const Image& image,
                               const SelectiveSearchOptions& proposals,
                               std::size_t count) {
  return EvenlyOver(BoxesOf(SelectiveSearch(image, proposals)), count);
}

// Of a model whose regions are windows of whole pictures.
Quantization MeasureOnWholePictures(const Model& model,
                                    const Weights& backbone,
                                    const std::vector<std::filesystem::path>& pictures,
                                    const MeasureOptions& options,
                                    const Monitor& monitor) {
  return Measure(
      backbone,
      model.crop.mean_bgr,
      [&](const Image& image, ActivationRanges& ranges) {
        const PictureFrame frame = FrameOf(image.width, image.height, *model.picture_scale);
        Tensor planes;
        PutIntoFrame(image, frame, model.crop.mean_bgr, planes);
        std::vector<kernels::RegionWindow> windows;
        for (const Box& box : SomeProposals(image, model.proposals, options.crops))
          windows.push_back(WindowOf(box, image.width, image.height, frame));
        ranges.AddPicture(planes, windows);
      },
      pictures,
      options,
      monitor);
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
      crop.mean_bgr,
      [&](const Image& image, ActivationRanges& ranges) {
        AddCrops(image, SomeProposals(image, proposals, options.crops), crop, ranges);
      },
      pictures,
      options,
      monitor);
}

Quantization MeasureFor(const Model& model,
                        const Weights& backbone,
                        const std::vector<std::filesystem::path>& pictures,
                        const MeasureOptions& options,
                        const Monitor& monitor) {
  return model.picture_scale
             ? MeasureOnWholePictures(model, backbone, pictures, options, monitor)
             : MeasureOnProposals(
                   backbone, model.crop, model.proposals, pictures, options, monitor);
}

Quantization MeasureOnPictures(const Weights& backbone,
                               const std::vector<std::filesystem::path>& pictures,
                               const MeasureOptions& options,
                               const Monitor& monitor) {
  static constexpr CropOptions kWhole = {.padding_px = 0};
  return Measure(
      backbone,
      kWhole.mean_bgr,
      [](const Image& image, ActivationRanges& ranges) {
        AddCrops(image, {WholeImageBox(image)}, kWhole, ranges);
      },
      pictures,
      options,
      monitor);
}

}  // namespace deeper
