#include "tools/verbs/model_info.h"

#include <fmt/format.h>

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "backbone/files/weight_files.h"
#include "backbone/googlenet.h"
#include "backbone/summary.h"
#include "core/text/json_line.h"
#include "core/text/quantities.h"
#include "detector/model/find_backbone.h"
#include "detector/model/model.h"
#include "detector/model/model_file.h"
#include "tools/options/exit_status.h"
#include "tools/options/find_model.h"
#include "tools/options/model_defaults.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

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

// How the network sees regions.
std::string RegionsText(const Model& model) {
  if (!model.picture_scale) {
    return fmt::format("crops, {}, padding {} px", NameOf(model.crop.mode), model.crop.padding_px);
  }
  return fmt::format(
      "windows of the whole picture's map, shorter side {} px, longer at most {} px; {}",
      model.picture_scale->short_side_px,
      model.picture_scale->long_side_px,
      !model.ranker
          ? "all"
          : fmt::format("the best {}{}",
                        model.max_regions,
                        model.ranker->Proposes() ? ", of which the map proposes many" : ""));
}

void PrintDetector(const fs::path& path, const Model& model) {
  fmt::print("{}: detector of {}\n", path.string(), Counted(model.classes.Size(), "classes"));
  std::string names;
  for (const ClassInfo& info : model.classes.classes)
    names += (names.empty() ? "" : ", ") + info.name;
  fmt::print("classes         {}\n", names);
  fmt::print("backbone        {} ({})\n",
             model.backbone_name,
             model.backbone ? "in the file" : "not in the file");
  fmt::print("  fingerprint   {}\n", model.backbone_fingerprint);
  fmt::print("regions         {}\n", RegionsText(model));
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

}  // namespace

int DescribeModel(const Arguments& words) {
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

}  // namespace deeper::tools
