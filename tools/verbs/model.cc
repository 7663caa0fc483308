#include "detector/model/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "backbone/check.h"
#include "backbone/files/onnx.h"
#include "backbone/files/safetensors.h"
#include "backbone/files/weight_files.h"
#include "backbone/googlenet.h"
#include "backbone/summary.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/text/json_line.h"
#include "tools/bench/noise_crops.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/find_model.h"
#include "tools/options/model_defaults.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/verbs/quantize.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

constexpr const char* kHelp =
    "Looks into network and detector files.\n\n"
    "Examples:\n"
    "  deeper model info                                  # GoogLeNet: the paper's Table 1\n"
    "  deeper model info models/voc.safetensors           # what a detector was trained on, its "
    "classes\n"
    "  deeper model import bvlc_googlenet.caffemodel bvlc_googlenet.safetensors\n"
    "  deeper model export models/voc.safetensors network.onnx\n"
    "  deeper model quantize models/voc.safetensors photos/ --output voc-int8.safetensors\n"
    "  deeper model check bvlc_googlenet.caffemodel       # every layer against plain loops\n\n"
    "Verbs:\n"
    "  info      Table 1 of a network, or the facts of a detector\n"
    "  import    reads a .caffemodel or .safetensors network, checks it, writes safetensors\n"
    "  export    writes a network, or a detector's network, as ONNX for other engines\n"
    "  quantize  measures on pictures what int8 needs, and writes it into a copy of the file\n"
    "  check     runs a network beside the plain-loop reference and compares every layer\n";

std::size_t ClassesOf(const Weights& weights) {
  const auto classifier = weights.find(WeightName(kClassifierName));
  return classifier == weights.end() ? 0 : classifier->second.shape.n;
}

std::string RegressionText(const Model& model) {
  if (!model.box_regression) return "none";
  return model.box_regression->RegressorCount() == 1 ? "one for all classes" : "one a class";
}

std::string SuppressionText(const NmsOptions& nms) {
  std::string text = nms.soft_sigma > 0 ? fmt::format("soft, sigma {}", nms.soft_sigma)
                                        : fmt::format("IoU {}", nms.max_iou);
  if (nms.vote_iou > 0) text += fmt::format(", box voting from IoU {}", nms.vote_iou);
  return text;
}

void PrintDetectorJson(const fs::path& path, const Model& model) {
  nlohmann::ordered_json classes = nlohmann::ordered_json::array();
  for (const ClassInfo& info : model.classes.classes) classes.push_back(info.name);
  nlohmann::ordered_json json = {{"file", path.string()},
                                 {"kind", "detector"},
                                 {"classes", classes},
                                 {"backbone", model.backbone_name},
                                 {"self_contained", model.backbone.has_value()},
                                 {"fingerprint", model.backbone_fingerprint},
                                 {"classifiers", NameOf(model.classifiers.kind)},
                                 {"box_regression", RegressionText(model)},
                                 {"quantized", model.quantization.has_value()},
                                 {"multibox", model.multibox.has_value()},
                                 {"training", model.training}};
  for (const ConfiguredOption& option : DefaultsOf(model, path.string())) {
    json["options"][option.name] = option.value;
  }
  fmt::print("{}\n", LineOf(json));
}

void PrintNetworkJson(const fs::path& path, const NetworkSummary& summary, const Weights* weights) {
  nlohmann::ordered_json json = {
      {"kind", "network"}, {"parameters", summary.parameters}, {"multiplications", summary.macs}};
  if (weights != nullptr) {
    json["file"] = path.string();
    json["classes"] = ClassesOf(*weights);
    json["fingerprint"] = FingerprintOf(*weights);
  }
  fmt::print("{}\n", LineOf(json));
}

void PrintDetector(const fs::path& path, const Model& model) {
  fmt::print("{}: detector of {} classes\n", path.string(), model.classes.Size());
  std::string names;
  for (const ClassInfo& info : model.classes.classes)
    names += (names.empty() ? "" : ", ") + info.name;
  fmt::print("classes         {}\n", names);
  fmt::print("backbone        {} ({})\n",
             model.backbone_name,
             model.backbone ? "in the file" : "not in the file");
  fmt::print("  fingerprint   {}\n", model.backbone_fingerprint);
  fmt::print("crop            {}, padding {} px\n", NameOf(model.crop.mode), model.crop.padding_px);
  fmt::print("features        scaled by {} norm to {}\n",
             NameOf(model.scaling.norm),
             model.scaling.target_norm);
  if (model.multibox) fmt::print("MultiBox        {} boxes\n", model.multibox->priors.size());
  fmt::print("classifiers     {}{}\n",
             NameOf(model.classifiers.kind),
             model.context_weight > 0
                 ? fmt::format(", with a context of weight {}", model.context_weight)
                 : "");
  fmt::print("scores          {}\n", model.calibration ? "probabilities" : "margins");
  fmt::print("box regression  {}\n", RegressionText(model));
  fmt::print("suppression     {}, at most {} a class\n",
             SuppressionText(model.nms),
             model.nms.max_per_class);
  for (const auto& [key, value] : model.training) fmt::print("training: {:<17} {}\n", key, value);
}

int Info(const Arguments& words) {
  std::string file;
  bool json = false;
  CommandLine line("model info",
                   "Prints the paper's Table 1 of a network, or the facts of a detector.",
                   {"deeper model info", "deeper model info models/voc.safetensors"});
  line.Group("Input").add_options()(
      "file",
      po::value(&file)->value_name("FILE"),
      "network or detector; the word itself is enough; without it GoogLeNet as in the paper")(
      "json", po::bool_switch(&json), "the facts as a JSON object");
  line.TakeWords("file", "[FILE]");
  if (!line.Parse(words)) return kDone;
  if (!file.empty() && IsDetectorFile(file)) {
    const Model model = LoadModel(file);
    (json ? PrintDetectorJson : PrintDetector)(file, model);
    return kDone;
  }
  std::optional<Weights> weights;
  if (!file.empty()) weights = ReadBackboneWeights(file);
  const NetworkSummary summary = weights ? Summarize(ClassesOf(*weights)) : Summarize();
  if (json) {
    PrintNetworkJson(file, summary, weights ? &*weights : nullptr);
    return kDone;
  }
  fmt::print("{}", FormatSummary(summary));
  if (weights) fmt::print("fingerprint {}\n", FingerprintOf(*weights));
  return kDone;
}

// The two files that a verb takes; nothing where only help was asked for.
struct FromTo {
  fs::path from;
  fs::path to;
  bool json = false;
};
std::optional<FromTo> ParseFromTo(CommandLine line, const Arguments& words) {
  std::vector<std::string> files;
  bool json = false;
  line.Group("Files").add_options()("files",
                                    po::value(&files)->value_name("FILE"),
                                    "the file to read and the file to write; the words are enough")(
      "json", po::bool_switch(&json), "what was written, as a JSON object on stdout");
  line.TakeWords("files", "FROM TO");
  if (!line.Parse(words)) return std::nullopt;
  if (files.size() != 2)
    throw UsageError("expected two files: the one to read and the one to write");
  return FromTo{.from = files[0], .to = files[1], .json = json};
}

void TellWritten(const Weights& weights, const FromTo& files) {
  const fs::path& path = files.to;
  std::size_t values = 0;
  for (const auto& [name, tensor] : weights) values += tensor.data.size();
  fmt::print(stderr,
             "{}: {} blobs, {} values, fingerprint {}\n",
             path.string(),
             weights.size(),
             values,
             FingerprintOf(weights));
  if (files.json) {
    fmt::print("{}\n",
               LineOf({{"output", path.string()},
                       {"blobs", weights.size()},
                       {"values", values},
                       {"fingerprint", FingerprintOf(weights)}}));
  }
}

int Import(const Arguments& words) {
  const auto files = ParseFromTo(
      CommandLine("model import",
                  "Reads a network's weights, checks them against the GoogLeNet table, writes "
                  "them as safetensors.",
                  {"deeper model import bvlc_googlenet.caffemodel bvlc_googlenet.safetensors"}),
      words);
  if (!files) return kDone;
  const Weights weights = ReadBackboneWeights(files->from);
  WriteBackboneWeights(weights, files->to);
  TellWritten(weights, *files);
  return kDone;
}

int Export(const Arguments& words) {
  const auto files = ParseFromTo(
      CommandLine("model export",
                  "Writes a network as ONNX, for other engines: from crops, BGR with the mean "
                  "subtracted, to the features of pool5 and, where it has a classifier, its "
                  "probabilities. Of a detector its network.",
                  {"deeper model export bvlc_googlenet.caffemodel googlenet.onnx",
                   "deeper model export models/voc.safetensors network.onnx"}),
      words);
  if (!files) return kDone;
  const Weights weights = ReadBackboneWeights(files->from);
  WriteFileWhole(files->to, OnnxOf(weights));
  TellWritten(weights, *files);
  return kDone;
}

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

int Check(const Arguments& words) {
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
      ("precision", po::value(&precision)->default_value(precision)->value_name("NAME"), "f32, bf16 or int8")
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

}  // namespace

int RunModel(const Arguments& words) {
  if (words.empty()) throw UsageError("expected info, import, export, quantize or check");
  const Arguments rest(words.begin() + 1, words.end());
  const std::string& verb = words.front();
  if (verb == "--help" || verb == "-h") {
    std::fputs(kHelp, stdout);
    return kDone;
  }
  if (verb == "info") return Info(rest);
  if (verb == "import") return Import(rest);
  if (verb == "export") return Export(rest);
  if (verb == "quantize") return QuantizeModel(rest);
  if (verb == "check") return Check(rest);
  throw UsageError(fmt::format(
      "unknown verb 'model {}', expected info, import, export, quantize or check", verb));
}

}  // namespace deeper::tools
