#include "tools/quantize.h"

#include <fmt/format.h>
#include <oneapi/tbb/enumerable_thread_specific.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "backbone/quantization.h"
#include "backbone/weight_files.h"
#include "core/error.h"
#include "core/random.h"
#include "core/read_image.h"
#include "detector/crop.h"
#include "detector/model.h"
#include "proposals/selective_search.h"
#include "tools/extraction.h"
#include "tools/find_model.h"
#include "tools/network_options.h"
#include "tools/parallel.h"
#include "tools/pictures.h"
#include "tools/progress.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

struct QuantizeArguments {
  std::vector<std::string> words;  // the file, then pictures
  std::string output;
  std::string backbone;
  double fraction = 0.999999;
  int crops = 16;
  int pictures = 100;
  int workers = 0;
};

bool ParseQuantize(const Arguments& words, QuantizeArguments& arguments) {
  CommandLine line(
      "model quantize",
      "Measures on pictures how large a network's activations become, so that it can run in int8: "
      "twice as fast as bf16 where the processor has VNNI. A detector is measured on its own "
      "proposals, a bare network on whole pictures.",
      {"deeper model quantize models/voc.safetensors photos/ --output voc-int8.safetensors",
       "deeper model quantize bvlc_googlenet.caffemodel photos/ --output googlenet.safetensors"});
  // clang-format off
  line.Group("Input").add_options()
      ("input", po::value(&arguments.words)->value_name("WORD"), "the file, then pictures, directories, patterns, @lists; the words alone are enough")
      ("backbone", po::value(&arguments.backbone)->value_name("FILE"), "the detector's network, when it is neither in its file nor beside it nor in $DEEPER_MODELS");
  line.Group("Output").add_options()
      ("output", po::value(&arguments.output)->required()->value_name("FILE"), "the copy to write");
  line.Group("Measure").add_options()
      ("keep", po::value(&arguments.fraction)->default_value(arguments.fraction, "0.999999")->value_name("F"), "fraction of an activation's values that 8 bits must hold; the larger ones are cut")
      ("crops", po::value(&arguments.crops)->default_value(arguments.crops)->value_name("N"), "proposals a picture")
      ("pictures", po::value(&arguments.pictures)->default_value(arguments.pictures)->value_name("N"), "pictures at most, evenly from those given")
      ("workers", po::value(&arguments.workers)->value_name("N"), "threads; default: one for each processor");
  // clang-format on
  line.TakeWords("input", "FILE PICTURE...");
  if (!line.Parse(words)) return false;
  if (arguments.words.size() < 2) throw UsageError("expected a file and pictures to measure it on");
  CheckRange("keep", arguments.fraction, 0.5, 1);
  CheckRange("crops", arguments.crops, 1, 10000);
  CheckRange("pictures", arguments.pictures, 1, 1e6);
  if (arguments.workers == 0) arguments.workers = DefaultWorkers();
  CheckRange("workers", arguments.workers, 1, 4096);
  return true;
}

// At most `count` of the items, evenly over all.
template <class Item>
std::vector<Item> Thinned(const std::vector<Item>& items, std::size_t count) {
  if (items.size() <= count) return items;
  std::vector<Item> kept;
  for (std::size_t i = 0; i < count; ++i) kept.push_back(items[i * items.size() / count]);
  return kept;
}

// What of a picture a network will see.
using Views = std::function<std::vector<Box>(const Image&)>;

Quantization Measure(const Weights& weights,
                     const CropOptions& crop,
                     const Views& views,
                     const QuantizeArguments& arguments) {
  const std::vector<Picture> pictures =
      Thinned(FindPictures({arguments.words.begin() + 1, arguments.words.end()}),
              static_cast<std::size_t>(arguments.pictures));
  oneapi::tbb::enumerable_thread_specific<Calibrator> calibrators(
      [&] { return Calibrator(weights); });
  ProgressLine progress("measuring", "pictures", pictures.size());
  std::size_t read = 0;
  ForEachInOrder<std::string>(
      pictures.size(),
      arguments.workers,
      [&](std::size_t i) -> std::string {
        try {
          const Image image = ReadImage(pictures[i].path);
          Tensor input = MakeTensor({.n = 1, .c = 3, .h = kCropSide, .w = kCropSide});
          for (const Box& box : views(image)) {
            Crop(image, box, crop, input.data);
            calibrators.local().Add(input);
          }
          return {};
        } catch (const Error& error) {
          return error.what();
        }
      },
      [&](std::size_t, const std::string& error) {
        if (error.empty()) ++read;
        if (!error.empty()) progress.Say("skipped: " + error);
        progress.Advance();
      });
  if (read == 0) throw Error("no picture could be read, so nothing was measured");
  Calibrator all(weights);
  for (const Calibrator& part : calibrators) all.Merge(part);
  return all.Finish(arguments.fraction, crop.mean_bgr);
}

void QuantizeDetector(const QuantizeArguments& arguments, const fs::path& path) {
  Model model = LoadModel(path);
  const Weights backbone = BackboneOf(model, path, arguments.backbone);
  model.quantization = Measure(
      backbone,
      model.crop,
      [&](const Image& image) {
        return Thinned(BoxesOf(SelectiveSearch(image, model.proposals)),
                       static_cast<std::size_t>(arguments.crops));
      },
      arguments);
  if (!StopAsked()) SaveModel(model, arguments.output);
}

void QuantizeBackbone(const QuantizeArguments& arguments, const fs::path& path) {
  const Weights weights = ReadBackboneWeights(path);
  const Quantization quantization = Measure(
      weights,
      CropOptions{.padding_px = 0},
      [](const Image& image) {
        return std::vector<Box>{{.x0 = 0,
                                 .y0 = 0,
                                 .x1 = static_cast<float>(image.width),
                                 .y1 = static_cast<float>(image.height)}};
      },
      arguments);
  if (!StopAsked()) WriteBackboneWeights(weights, arguments.output, quantization);
}

}  // namespace

int QuantizeModel(const Arguments& words) {
  QuantizeArguments arguments;
  if (!ParseQuantize(words, arguments)) return kDone;
  const fs::path path = arguments.words.front();
  if (IsDetectorFile(path)) {
    QuantizeDetector(arguments, path);
  } else {
    QuantizeBackbone(arguments, path);
  }
  if (StopAsked()) return StopStatus();
  fmt::print(stderr, "{}: runs in int8\n", arguments.output);
  return kDone;
}

}  // namespace deeper::tools
