#include "tools/verbs/quantize.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "backbone/files/weight_files.h"
#include "core/files/file.h"
#include "core/pictures/picture_files.h"
#include "core/text/json_line.h"
#include "core/work/parallel.h"
#include "detector/model/find_backbone.h"
#include "detector/model/model.h"
#include "detector/model/model_file.h"
#include "detector/training/quantize.h"
#include "tools/input/pictures.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/find_model.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/options/reading_options.h"
#include "tools/run/keep_before.h"
#include "tools/run/progress.h"
#include "tools/run/stop_signal.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

struct QuantizeArguments {
  std::vector<std::string> words;  // the file, then pictures
  std::string output;
  std::string backbone;
  bool json = false;
  ReadingOptions reading;
  MeasureOptions measure;

  QuantizeArguments() { measure.workers = 0; }
};

bool ParseQuantize(const Arguments& words, QuantizeArguments& arguments) {
  CommandLine line(
      "model quantize",
      "Measures on pictures how large a network's activations become, so that it can run in int8: "
      "twice as fast as bf16 where the processor has VNNI, twice as fast as f32 where it has AVX2. "
      "A detector is measured on its own proposals, as it runs them, a bare network on whole "
      "pictures.",
      {"deeper model quantize models/voc.safetensors photos/ --output voc-int8.safetensors",
       "deeper model quantize bvlc_googlenet.caffemodel photos/ --output googlenet.safetensors"});
  // clang-format off
  auto& input = line.Group("Input");
  input.add_options()
      ("input", po::value(&arguments.words)->value_name("WORD"), "the file, then pictures, directories, patterns, @lists; the words alone are enough")
      ("backbone", po::value(&arguments.backbone)->value_name("MODEL"), "the detector's network, when it is neither in its file nor beside it nor in $DEEPER_MODELS");
  arguments.reading.AddOptions(input);
  line.Group("Output").add_options()
      ("output", po::value(&arguments.output)->required()->value_name("FILE"), "the copy to write; another file that is there stays as FILE.before")
      ("json", po::bool_switch(&arguments.json), "what was written, as a JSON object on stdout");
  line.Group("Measure").add_options()
      ("keep", po::value(&arguments.measure.fraction)->default_value(arguments.measure.fraction, "0.999999")->value_name("F"), "fraction of an activation's values that 8 bits must hold; the larger ones are cut")
      ("crops", po::value(&arguments.measure.crops)->default_value(arguments.measure.crops)->value_name("N"), "proposals a picture")
      ("pictures", po::value(&arguments.measure.pictures)->default_value(arguments.measure.pictures)->value_name("N"), "pictures at most, evenly from those given")
      ("workers", po::value(&arguments.measure.workers)->value_name("N"), "threads; default: one for each processor");
  // clang-format on
  line.TakeWords("input", "FILE PICTURE...");
  if (!line.Parse(words)) return false;
  if (arguments.words.size() < 2) throw UsageError("expected a file and pictures to measure it on");
  if (!IsDetectorFile(arguments.words.front())) {
    line.Refuse("backbone crops", "is of a detector, and the file is a network");
  }
  arguments.reading.Check();
  arguments.measure.reading = arguments.reading.ForReading();
  CheckRange("keep", arguments.measure.fraction, 0.5, 1);
  CheckRange("crops", static_cast<double>(arguments.measure.crops), 1, 10000);
  CheckRange("pictures", static_cast<double>(arguments.measure.pictures), 1, 1e6);
  if (arguments.measure.workers == 0) arguments.measure.workers = DefaultWorkers();
  CheckRange("workers", arguments.measure.workers, 1, 4096);
  return true;
}

// The pictures' files.
std::vector<fs::path> PicturesOf(const QuantizeArguments& arguments) {
  std::vector<fs::path> paths;
  for (const Picture& picture :
       FindNamedPictures({arguments.words.begin() + 1, arguments.words.end()})) {
    paths.push_back(picture.path);
  }
  return paths;
}

void QuantizeDetector(const QuantizeArguments& arguments, const fs::path& path) {
  Model model = LoadModel(path);
  const Weights backbone = BackboneOf(model, path, arguments.backbone);
  model.quantization =
      MeasureFor(model, backbone, PicturesOf(arguments), arguments.measure, TerminalMonitor());
  if (StopAsked()) return;
  WriteKeepingBefore(arguments.output, [&](const auto& file) { SaveModel(model, file); });
}

void QuantizeBackbone(const QuantizeArguments& arguments, const fs::path& path) {
  const Weights weights = ReadBackboneWeights(path);
  const Quantization quantization =
      MeasureOnPictures(weights, PicturesOf(arguments), arguments.measure, TerminalMonitor());
  if (StopAsked()) return;
  WriteKeepingBefore(arguments.output,
                     [&](const auto& file) { WriteBackboneWeights(weights, file, quantization); });
}

}  // namespace

int QuantizeModel(const Arguments& words) {
  QuantizeArguments arguments;
  if (!ParseQuantize(words, arguments)) return kDone;
  const fs::path path = arguments.words.front();
  RequireWritable(arguments.output);
  if (IsDetectorFile(path)) {
    QuantizeDetector(arguments, path);
  } else {
    QuantizeBackbone(arguments, path);
  }
  if (StopAsked()) return StopStatus();
  fmt::print(stderr, "{}: runs in int8\n", arguments.output);
  if (arguments.json) {
    fmt::print("{}\n", LineOf({{"file", path.string()}, {"output", arguments.output}}));
  }
  return kDone;
}

}  // namespace deeper::tools
