#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backbone/execution/activation_ranges.h"
#include "backbone/files/onnx.h"
#include "backbone/googlenet.h"
#include "backbone/network.h"
#include "backbone/picture_network.h"
#include "backbone/precision.h"
#include "core/pictures/picture_files.h"
#include "core/work/parallel.h"
#include "detector/detector.h"
#include "detector/model/model.h"
#include "detector/model/model_file.h"
#include "tools/bench/noise_crops.h"
#include "tools/bench/onnx_runtime.h"
#include "tools/bench/opencv_network.h"
#include "tools/bench/pictures.h"
#include "tools/bench/rates.h"
#include "tools/bench/report.h"
#include "tools/input/pictures.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/find_model.h"
#include "tools/options/network_options.h"
#include "tools/options/option_values.h"
#include "tools/options/reading_options.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

struct BenchArguments {
  ReadingOptions reading;
  std::vector<std::string> inputs;
  std::string model;
  std::string backbone;
  std::string precisions;
  int workers = 0;
  int rounds = 5;
  double round_s = 1;
  bool no_opencv = false;
  std::string onnx_runtime;
  bool layers = false;
  bool json = false;
};

bool ParseBench(const Arguments& words, BenchArguments& arguments) {
  CommandLine line(
      "bench",
      "Where the time goes, against what this processor can do: its measured peak, "
      "the network's rate "
      "at each precision, the same weights in OpenCV's dnn module and in ONNX Runtime, "
      "and the stages of a picture. For figures that mean something nothing else "
      "should run.",
      {"deeper bench                      # the network alone",
       "deeper bench photos/ --layers     # also whole pictures, and a table of the "
       "network's layers",
       "deeper bench --onnxruntime /opt/onnxruntime/lib/libonnxruntime.so",
       "deeper bench --rounds 15 --json > bench.json"});
  // clang-format off
  auto& input = line.Group("Input");
  input.add_options()
      ("input", po::value(&arguments.inputs)->value_name("PICTURE"), "pictures to time from file to detections; the word itself is enough")
      ("model", po::value(&arguments.model)->value_name("MODEL"), "detector; default: voc-fast.safetensors in $DEEPER_MODELS or models/")
      ("backbone", po::value(&arguments.backbone)->value_name("MODEL"), "its network, when it is neither in the model nor beside it nor in $DEEPER_MODELS");
  arguments.reading.AddOptions(input);
  line.Group("Measure").add_options()
      ("precision", po::value(&arguments.precisions)->value_name("f32|bf16|int8[,...]"), "default: all that this processor runs")
      ("workers", po::value(&arguments.workers)->value_name("N"), "threads of the figures for all; default: one for each processor")
      ("rounds", po::value(&arguments.rounds)->default_value(arguments.rounds)->value_name("N"), "of each figure the median is printed")
      ("seconds", po::value(&arguments.round_s)->default_value(arguments.round_s)->value_name("S"), "of each figure and round")
      ("no-opencv", po::bool_switch(&arguments.no_opencv), "leave OpenCV out")
      ("onnxruntime", po::value(&arguments.onnx_runtime)->value_name("LIBRARY"), "measure ONNX Runtime too: its libonnxruntime.so, release 1.6 or later; without it ONNX Runtime is left out");
  line.Group("Output").add_options()
      ("layers", po::bool_switch(&arguments.layers), "a table of the network's layers for each precision")
      ("json", po::bool_switch(&arguments.json), "everything as one JSON object");
  // clang-format on
  line.TakeWords("input", "[PICTURE...]");
  line.Restrict({{.options = "layers", .without = "json"},
                 {.options = "max-megapixels lenient", .with = "input"}});
  if (!line.Parse(words)) return false;
  arguments.reading.Check();
  CheckRange("rounds", arguments.rounds, 1, 1000);
  CheckRange("seconds", arguments.round_s, 0.01, 3600);
  if (arguments.workers == 0) arguments.workers = DefaultWorkers();
  CheckRange("workers", arguments.workers, 1, DefaultWorkers());
  return true;
}

// The wanted precisions that this processor runs, slowest first.
std::vector<Precision> PrecisionsOf(const BenchArguments& arguments) {
  std::vector<Precision> precisions;
  if (arguments.precisions.empty()) {
    for (const Precision precision : {Precision::kF32, Precision::kBf16, Precision::kInt8}) {
      if (ProcessorRuns(precision)) precisions.push_back(precision);
    }
    return precisions;
  }
  for (const std::string& name : SplitAtCommas("precision", arguments.precisions)) {
    precisions.push_back(PrecisionFromName(name));
  }
  return precisions;
}

// A quantization for its speed alone, where the model has none.
Quantization QuantizationOfNoise(const Weights& weights) {
  ActivationRanges ranges(weights);
  ranges.Add(NoiseCrops(1));
  return ranges.Finish(1, CropOptions{}.mean_bgr);
}

// The engines to measure beside ours, all with `threads` threads.
std::vector<Peer> PeersWith(int threads,
                            const std::string& onnx,
                            const std::optional<OnnxRuntime>& runtime,
                            bool with_opencv) {
  std::vector<Peer> peers;
  if (with_opencv) {
    peers.push_back({"OpenCV dnn " + OpenCvVersion(),
                     [net = std::make_shared<OpenCvNetwork>(onnx), threads](TensorView crops) {
                       return net->Run(crops, threads);
                     }});
  }
  if (runtime) {
    const auto net = std::make_shared<OnnxRuntimeNetwork>(*runtime, onnx, threads);
    peers.push_back({"ONNX Runtime " + runtime->version, [net](TensorView crops) {
                       return net->Run(crops, kOnnxFeatures, kFeatureDim);
                     }});
  }
  return peers;
}

// The network without its classifier: what is measured ends at the features.
Weights WithoutClassifier(Weights weights) {
  weights.erase(WeightName(kClassifierName));
  weights.erase(BiasName(kClassifierName));
  return weights;
}

}  // namespace

int RunBench(const Arguments& words) {
  BenchArguments arguments;
  if (!ParseBench(words, arguments)) return kDone;
  std::optional<OnnxRuntime> runtime;
  if (!arguments.onnx_runtime.empty()) runtime = LoadOnnxRuntime(arguments.onnx_runtime);
  const fs::path model_path = FindModelFile(arguments.model);
  Model model = LoadModel(model_path);
  const Weights weights = BackboneOf(model, model_path, arguments.backbone);
  const bool is_quantized = model.quantization.has_value();
  if (!is_quantized) model.quantization = QuantizationOfNoise(weights);

  std::vector<Network> networks;
  for (const Precision precision : PrecisionsOf(arguments)) {
    networks.emplace_back(
        weights, NetworkOptions{.precision = precision, .quantization = model.quantization});
  }
  BenchReport report;
  report.rounds = arguments.rounds;
  report.round_s = arguments.round_s;
  for (const Network& network : networks) {
    report.network.push_back(
        MeasurePrecision(network, arguments.workers, arguments.rounds, arguments.round_s));
    report.whole_pictures.push_back(MeasureWholePictures(
        PictureNetwork(weights, network.options()), arguments.rounds, arguments.round_s));
  }
  if (!arguments.inputs.empty()) {
    report.pictures = MeasurePictures(LoadDetector(model_path, {.backbone = arguments.backbone}),
                                      NameOf(FastestPrecision(is_quantized)),
                                      FindNamedPictures(arguments.inputs),
                                      arguments.reading.ForReadingAgain(),
                                      arguments.workers);
  }
  const std::string onnx = OnnxOf(WithoutClassifier(weights));
  std::vector<int> thread_counts = {1};
  if (arguments.workers > 1) thread_counts.push_back(arguments.workers);
  for (const int threads : thread_counts) {
    const std::vector<Peer> peers = PeersWith(threads, onnx, runtime, !arguments.no_opencv);
    if (peers.empty()) continue;
    std::ranges::move(MeasurePeers(peers, networks, threads, arguments.rounds, arguments.round_s),
                      std::back_inserter(report.peers));
  }
  if (arguments.json) {
    fmt::print("{}\n", JsonText(report));
  } else {
    PrintBench(report, arguments.layers);
  }
  return kDone;
}

}  // namespace deeper::tools
