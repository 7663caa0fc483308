#include <fmt/format.h>
#include <sys/resource.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "backbone/network.h"
#include "core/error.h"
#include "core/read_image.h"
#include "detector/detect.h"
#include "detector/features.h"
#include "detector/model.h"
#include "tools/bench_rates.h"
#include "tools/command_line.h"
#include "tools/extraction.h"
#include "tools/find_model.h"
#include "tools/network_options.h"
#include "tools/noise_crops.h"
#include "tools/parallel.h"
#include "tools/pictures.h"
#include "tools/progress.h"
#include "tools/stop_signal.h"
#include "tools/verbs.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;
using Json = nlohmann::ordered_json;

namespace {

struct BenchArguments {
  std::vector<std::string> inputs;
  std::string model;
  std::string backbone;
  std::string precisions;
  int workers = 0;
  int rounds = 5;
  double round_s = 1;
  bool no_opencv = false;
  bool layers = false;
  bool json = false;
};

bool ParseBench(const Arguments& words, BenchArguments& arguments) {
  CommandLine line("bench",
                   "Where the time goes, against what this processor can do: its measured peak, "
                   "the network's rate "
                   "at each precision, the same weights in OpenCV's dnn module, and the stages of "
                   "a picture. For "
                   "figures that mean something nothing else should run.",
                   {"deeper bench                      # the network alone",
                    "deeper bench photos/ --layers     # also whole pictures, and a table of the "
                    "network's layers",
                    "deeper bench --rounds 15 --json > bench.json"});
  // clang-format off
  line.Group("Input").add_options()
      ("input", po::value(&arguments.inputs)->value_name("PICTURE"), "pictures to time from file to detections; the word itself is enough")
      ("model", po::value(&arguments.model)->value_name("FILE"), "detector; default: voc.safetensors in $DEEPER_MODELS or models/")
      ("backbone", po::value(&arguments.backbone)->value_name("FILE"), "its network, when it is neither in the model nor beside it nor in $DEEPER_MODELS");
  line.Group("Measure").add_options()
      ("precision", po::value(&arguments.precisions)->value_name("A,B"), "any of f32, bf16, int8; default: all that this processor runs")
      ("workers", po::value(&arguments.workers)->value_name("N"), "threads of the figures for all; default: one for each processor")
      ("rounds", po::value(&arguments.rounds)->default_value(arguments.rounds)->value_name("N"), "of each figure the median is printed")
      ("seconds", po::value(&arguments.round_s)->default_value(arguments.round_s)->value_name("S"), "of each figure and round")
      ("no-opencv", po::bool_switch(&arguments.no_opencv), "leave OpenCV out");
  line.Group("Output").add_options()
      ("layers", po::bool_switch(&arguments.layers), "a table of the network's layers for each precision")
      ("json", po::bool_switch(&arguments.json), "everything as one JSON object");
  // clang-format on
  line.TakeWords("input", "[PICTURE...]");
  if (!line.Parse(words)) return false;
  CheckRange("rounds", arguments.rounds, 1, 1000);
  CheckRange("seconds", arguments.round_s, 0.01, 3600);
  if (arguments.workers == 0) arguments.workers = DefaultWorkers();
  CheckRange("workers", arguments.workers, 1, DefaultWorkers());
  return true;
}

std::string ProcessorName() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

double PeakMemoryBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
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
  Calibrator calibrator(weights);
  calibrator.Add(NoiseCrops(1));
  return calibrator.Finish(1, CropOptions{}.mean_bgr);
}

// What whole pictures took, from file to detections.
struct PictureRates {
  std::string precision;
  std::size_t pictures = 0;
  double proposals = 0;  // a picture
  StageTimes stages{};   // of one worker, a picture
  int workers = 1;
  double network_share = 0;  // of one worker's time
  double crops_per_s = 0;    // all workers, whole pictures, by the clock
};

PictureRates MeasurePictures(const Model& model,
                             const Network& network,
                             const BenchArguments& arguments) {
  const std::vector<Picture> pictures = FindPictures(arguments.inputs);
  FeatureExtractor extractor(network, model.crop);
  PictureRates rates{.precision = NameOf(network.options().precision),
                     .pictures = pictures.size(),
                     .workers = arguments.workers};
  const auto run = [&](const Picture& picture, StageTimes& times) {
    const Image image = Timed(times.decode_s, [&] { return ReadImage(picture.path); });
    std::vector<Box> boxes =
        Timed(times.proposals_s, [&] { return BoxesOf(SelectiveSearch(image, model.proposals)); });
    const std::size_t count = boxes.size();
    RegionFeatures regions = extractor.Extract(image, std::move(boxes), times);
    if (model.context_weight > 0) regions.context = extractor.ExtractWhole(image, times).features;
    Timed(times.heads_s,
          [&] { return DetectFromFeatures(model, std::move(regions), {.nms = model.nms}); });
    return count;
  };
  const auto run_all = [&](int workers) {
    std::size_t proposals = 0;
    rates.stages = {};
    ForEachInOrder<std::pair<std::size_t, StageTimes>>(
        pictures.size(),
        workers,
        [&](std::size_t i) {
          StageTimes times;
          const std::size_t count = run(pictures[i], times);
          return std::pair(count, times);
        },
        [&](std::size_t, const std::pair<std::size_t, StageTimes>& result) {
          proposals += result.first;
          rates.stages += result.second;
        });
    return proposals;
  };
  double seconds = 0;
  const std::size_t proposals = Timed(seconds, [&] { return run_all(arguments.workers); });
  rates.crops_per_s = static_cast<double>(proposals) / seconds;
  run_all(1);
  const auto count = static_cast<double>(pictures.size());
  rates.proposals = static_cast<double>(proposals) / count;
  StageTimes& stages = rates.stages;
  const double sum =
      stages.decode_s + stages.proposals_s + stages.crop_s + stages.network_s + stages.heads_s;
  rates.network_share = stages.network_s / sum;
  for (double* stage : {&stages.decode_s,
                        &stages.proposals_s,
                        &stages.crop_s,
                        &stages.network_s,
                        &stages.heads_s}) {
    *stage /= count;
  }
  return rates;
}

struct BenchResult {
  std::vector<PrecisionRates> network;
  std::vector<PeerRates> opencv;
  std::optional<PictureRates> pictures;
};

std::string Range(const Rate& rate) {
  return fmt::format("{:.1f} ({:.1f} to {:.1f})", rate.median, rate.lowest, rate.highest);
}

void PrintNetwork(const std::vector<PrecisionRates>& network) {
  fmt::print("\n{:<9} {:>14} {:>26} {:>9} {:>9} {:>14} {:>8}\n",
             "network",
             "peak GMAC/s",
             "one worker, crops/s",
             "GMAC/s",
             "of peak",
             fmt::format("{} workers", network.front().workers),
             "scaling");
  for (const PrecisionRates& rates : network) {
    const double scaling = rates.all_crops.median / (rates.workers * rates.crops.median);
    fmt::print("{:<9} {:>14.1f} {:>26} {:>9.1f} {:>8.1f}% {:>14.1f} {:>7.0f}%\n",
               rates.precision,
               rates.peak_gmacs.median,
               Range(rates.crops),
               rates.crops.median * ForwardGmac(),
               100 * rates.fraction.median,
               rates.all_crops.median,
               100 * scaling);
  }
  fmt::print("one crop is {:.3f} GMAC; a worker's memory:", ForwardGmac());
  for (const PrecisionRates& rates : network) {
    fmt::print(" {} {:.1f} MB", rates.precision, 1e-6 * static_cast<double>(rates.workspace_bytes));
  }
  fmt::print("\n");
}

void PrintLayers(const PrecisionRates& rates) {
  double all = 0;
  for (const StepTime& step : rates.steps) all += step.seconds;
  fmt::print("\n{:<42} {:<26} {:>8} {:>7} {:>9} {:>8}\n",
             "layers in " + rates.precision,
             "kernel",
             "ms",
             "share",
             "GMAC/s",
             "of peak");
  for (const StepTime& step : rates.steps) {
    const double gmacs = 1e-9 * static_cast<double>(step.macs) / step.seconds;
    fmt::print("{:<42} {:<26} {:>8.3f} {:>6.1f}%",
               step.name,
               step.implementation,
               1e3 * step.seconds,
               100 * step.seconds / all);
    if (step.macs > 0)
      fmt::print(" {:>9.1f} {:>7.0f}%", gmacs, 100 * gmacs / rates.peak_gmacs.median);
    fmt::print("\n");
  }
}

void PrintOpenCv(const std::vector<PeerRates>& peers) {
  if (peers.empty()) return;
  fmt::print("\n{:<9} {:>8} {:>18} {:>12} {:>24} {:>14}\n",
             "ours",
             "threads",
             "OpenCV dnn, f32",
             "ours",
             "ours / OpenCV's",
             "difference");
  for (const PeerRates& rates : peers) {
    fmt::print("{:<9} {:>8} {:>18.1f} {:>12.1f} {:>24} {:>14.1g}\n",
               rates.precision,
               rates.threads,
               rates.peer_crops.median,
               rates.our_crops.median,
               fmt::format("{:.2f} ({:.2f} to {:.2f})",
                           rates.ratio.median,
                           rates.ratio.lowest,
                           rates.ratio.highest),
               rates.difference);
  }
}

void PrintPictures(const PictureRates& rates, const std::vector<PrecisionRates>& network) {
  const StageTimes& stages = rates.stages;
  fmt::print(
      "\n{} pictures in {}, {:.0f} proposals each. One worker, ms a picture: decode {:.1f}, "
      "proposals {:.1f}, crops {:.1f}, network {:.1f}, heads {:.1f}; the network takes {:.1f}%\n",
      rates.pictures,
      rates.precision,
      rates.proposals,
      1e3 * stages.decode_s,
      1e3 * stages.proposals_s,
      1e3 * stages.crop_s,
      1e3 * stages.network_s,
      1e3 * stages.heads_s,
      100 * rates.network_share);
  for (const PrecisionRates& alone : network) {
    if (alone.precision != rates.precision) continue;
    fmt::print("{} workers, whole pictures: {:.1f} crops/s, {:.0f}% of the network alone\n",
               rates.workers,
               rates.crops_per_s,
               100 * rates.crops_per_s / alone.all_crops.median);
  }
}

Json JsonOf(const Rate& rate) {
  return {{"median", rate.median}, {"lowest", rate.lowest}, {"highest", rate.highest}};
}

Json JsonOf(const PrecisionRates& rates) {
  Json steps = Json::array();
  for (const StepTime& step : rates.steps) {
    steps.push_back({{"layer", step.name},
                     {"kernel", step.implementation},
                     {"macs", step.macs},
                     {"seconds", step.seconds}});
  }
  return {{"precision", rates.precision},
          {"peak_gmacs_per_s", JsonOf(rates.peak_gmacs)},
          {"crops_per_s", JsonOf(rates.crops)},
          {"gmacs_per_s", rates.crops.median * ForwardGmac()},
          {"fraction_of_peak", JsonOf(rates.fraction)},
          {"workers", rates.workers},
          {"all_workers_peak_gmacs_per_s", JsonOf(rates.all_peak_gmacs)},
          {"all_workers_crops_per_s", JsonOf(rates.all_crops)},
          {"workspace_bytes", rates.workspace_bytes},
          {"layers", steps}};
}

Json JsonOf(const PeerRates& rates) {
  return {{"precision", rates.precision},
          {"threads", rates.threads},
          {"opencv_crops_per_s", JsonOf(rates.peer_crops)},
          {"our_crops_per_s", JsonOf(rates.our_crops)},
          {"ratio", JsonOf(rates.ratio)},
          {"relative_difference", rates.difference}};
}

Json JsonOf(const PictureRates& rates) {
  const StageTimes& stages = rates.stages;
  return {{"precision", rates.precision},
          {"pictures", rates.pictures},
          {"proposals", rates.proposals},
          {"decode_s", stages.decode_s},
          {"proposals_s", stages.proposals_s},
          {"crops_s", stages.crop_s},
          {"network_s", stages.network_s},
          {"heads_s", stages.heads_s},
          {"network_share", rates.network_share},
          {"workers", rates.workers},
          {"all_workers_crops_per_s", rates.crops_per_s}};
}

Json JsonOf(const BenchResult& result) {
  Json json{{"processor", ProcessorName()}, {"network", Json::array()}};
  for (const PrecisionRates& rates : result.network) json["network"].push_back(JsonOf(rates));
  for (const PeerRates& rates : result.opencv) json["opencv_dnn"].push_back(JsonOf(rates));
  if (result.pictures) json["pictures"] = JsonOf(*result.pictures);
  json["peak_memory_bytes"] = PeakMemoryBytes();
  return json;
}

void Print(const BenchResult& result, const BenchArguments& arguments) {
  if (arguments.json) {
    fmt::print("{}\n", JsonOf(result).dump(2));
    return;
  }
  fmt::print("{}, {} processors; medians of {} rounds of {} s\n",
             ProcessorName(),
             DefaultWorkers(),
             arguments.rounds,
             arguments.round_s);
  PrintNetwork(result.network);
  if (arguments.layers) {
    for (const PrecisionRates& rates : result.network) PrintLayers(rates);
  }
  PrintOpenCv(result.opencv);
  if (result.pictures) PrintPictures(*result.pictures, result.network);
  fmt::print("\npeak memory {}\n", BytesText(PeakMemoryBytes()));
}

}  // namespace

int RunBench(const Arguments& words) {
  BenchArguments arguments;
  if (!ParseBench(words, arguments)) return kDone;
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
  BenchResult result;
  for (const Network& network : networks) {
    if (StopAsked()) return StopStatus();
    result.network.push_back(
        MeasurePrecision(network, arguments.workers, arguments.rounds, arguments.round_s));
  }
  if (!arguments.inputs.empty()) {
    const Network network(
        weights, {.precision = FastestPrecision(is_quantized), .quantization = model.quantization});
    result.pictures = MeasurePictures(model, network, arguments);
  }
  if (!arguments.no_opencv) {
    std::vector<int> thread_counts = {1};
    if (arguments.workers > 1) thread_counts.push_back(arguments.workers);
    for (const int threads : thread_counts) {
      for (PeerRates& rates :
           MeasureOpenCv(weights, networks, threads, arguments.rounds, arguments.round_s)) {
        result.opencv.push_back(std::move(rates));
      }
    }
  }
  if (StopAsked()) return StopStatus();
  Print(result, arguments);
  return kDone;
}

}  // namespace deeper::tools
