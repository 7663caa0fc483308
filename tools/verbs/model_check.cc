#include "tools/verbs/model_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "backbone/check.h"
#include "backbone/files/weight_files.h"
#include "backbone/precision.h"
#include "core/error.h"
#include "core/text/json_line.h"
#include "tools/bench/noise_crops.h"
#include "tools/options/exit_status.h"
#include "tools/options/find_model.h"
#include "tools/options/option_values.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

// Largest relative difference of a layer that is no fault. Differences add up from layer to layer.
double DefaultTolerance(Precision precision) {
  switch (precision) {
    case Precision::kF32:
      return 1e-4;
    case Precision::kBf16:
      return 0.05;
    case Precision::kInt8:
      return 0.3;
  }
  throw ContractViolation("a known precision");
}

void PrintDifferences(const std::vector<LayerDifference>& layers, double worst, double tolerance) {
  fmt::print("{:<30} {:<24} {:>12} {:>12} {:>12}\n",
             "layer",
             "implementation",
             "largest",
             "difference",
             "relative");
  for (const LayerDifference& layer : layers) {
    fmt::print("{:<30} {:<24} {:>12.5g} {:>12.3g} {:>12.3g}\n",
               layer.layer,
               layer.implementation,
               layer.largest_value,
               layer.absolute,
               layer.relative);
  }
  fmt::print("largest relative difference {:.3g}, {} the tolerance {:.3g}\n",
             worst,
             worst <= tolerance ? "within" : "beyond",
             tolerance);
}

void PrintDifferencesJson(const std::vector<LayerDifference>& layers,
                          double worst,
                          double tolerance) {
  nlohmann::ordered_json json = {
      {"relative", worst}, {"tolerance", tolerance}, {"within", worst <= tolerance}};
  for (const LayerDifference& layer : layers) {
    json["layers"].push_back({{"layer", layer.layer},
                              {"implementation", layer.implementation},
                              {"largest", layer.largest_value},
                              {"difference", layer.absolute},
                              {"relative", layer.relative}});
  }
  fmt::print("{}\n", LineOf(json));
}

}  // namespace

int CheckModel(const Arguments& words) {
  std::string file;
  std::string precision = "f32";
  double tolerance = 0;
  bool json = false;
  CommandLine line("model check",
                   "Runs a network beside the plain-loop reference on one crop of noise and "
                   "compares what every layer writes.",
                   {"deeper model check bvlc_googlenet.caffemodel",
                    "deeper model check bvlc_googlenet.caffemodel --precision bf16"});
  // clang-format off
  line.Group("Input").add_options()
      ("file", po::value(&file)->required()->value_name("FILE"), "network; the word itself is enough")
      ("precision", po::value(&precision)->default_value(precision)->value_name("f32|bf16|int8"), "of the network that is compared")
      ("tolerance", po::value(&tolerance)->value_name("R"), "largest relative difference that passes; default: 1e-4 for f32, 0.05 for bf16, 0.3 for int8, since differences add up from layer to layer")
      ("json", po::bool_switch(&json), "the differences as a JSON object");
  // clang-format on
  line.TakeWords("file", "FILE");
  if (!line.Parse(words)) return kDone;
  const Precision chosen = ValueOf("precision", [&] { return PrecisionFromName(precision); });
  if (tolerance == 0) tolerance = DefaultTolerance(chosen);
  CheckRange("tolerance", tolerance, 1e-12, 1);

  const std::vector<LayerDifference> layers =
      CompareWithReference(ReadBackboneWeights(file),
                           {.precision = chosen, .quantization = QuantizationIn(file)},
                           NoiseCrops(1));
  double worst = 0;
  for (const LayerDifference& layer : layers) worst = std::max(worst, layer.relative);
  if (json) {
    PrintDifferencesJson(layers, worst, tolerance);
  } else {
    PrintDifferences(layers, worst, tolerance);
  }
  return worst <= tolerance ? kDone : kFailed;
}

}  // namespace deeper::tools
