#include "detector/model/model_json.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "backbone/files/quantization_json.h"
#include "core/error.h"
#include "core/text/json_check.h"
#include "core/text/json_object.h"

namespace deeper {
namespace {

constexpr const char* kFormat = "deeper-model";
constexpr int kVersion = 1;
constexpr std::size_t kDepth = 4;  // {"proposals": {"similarities": [["colour"]]}}

template <typename Value>
struct Named {
  std::string_view name;
  Value value;
};

constexpr std::array<Named<ColourSpace>, 5> kColourSpaces = {
    {{"hsv", ColourSpace::kHsv},
     {"lab", ColourSpace::kLab},
     {"rgi", ColourSpace::kRgi},
     {"hue", ColourSpace::kHue},
     {"intensity", ColourSpace::kIntensity}}};

constexpr std::array<Named<SelectiveSearchImplementation>, 2> kImplementations = {
    {{"ours", SelectiveSearchImplementation::kOurs},
     {"opencv", SelectiveSearchImplementation::kOpenCv}}};

constexpr std::array<Named<bool Similarities::*>, 4> kSimilarities = {
    {{"colour", &Similarities::colour},
     {"texture", &Similarities::texture},
     {"size", &Similarities::size},
     {"fill", &Similarities::fill}}};

template <typename Table, typename Value>
std::string NameIn(const Table& table, Value value) {
  for (const auto& row : table) {
    if (row.value == value) return std::string(row.name);
  }
  throw ContractViolation("an enumerator has a name");
}

// The value with this name; throws Error listing the known names otherwise.
template <typename Table>
auto ValueIn(const Table& table, const std::string& name, const std::string& where) {
  std::string known;
  for (const auto& row : table) {
    if (row.name == name) return row.value;
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  throw Error(where + " is '" + name + "', expected one of " + known);
}

// Each writer decomposes its struct by position, so that a new field does not compile until it has
// a key.

Json JsonOf(const ClassTable& table) {
  Json list = Json::array();
  for (const auto& [name, wordnet_id] : table.classes) {
    list.push_back({{"name", name}, {"wordnet_id", wordnet_id}});
  }
  return list;
}

Json JsonOf(const CropOptions& crop) {
  const auto& [mode, size_px, padding_px, mean_bgr] = crop;
  return {{"mode", NameOf(mode)},
          {"size_px", size_px},
          {"padding_px", padding_px},
          {"mean_bgr", mean_bgr}};
}

Json JsonOf(const PictureScale& scale) {
  const auto& [short_side_px, long_side_px] = scale;
  return {{"short_side_px", short_side_px}, {"long_side_px", long_side_px}};
}

Json JsonOf(const Similarities& similarities) {
  Json names = Json::array();
  for (const auto& [name, member] : kSimilarities) {
    if (similarities.*member) names.push_back(name);
  }
  return names;
}

Json JsonOf(const SelectiveSearchOptions& options) {
  const auto& [implementation,
               colour_spaces,
               similarities,
               k,
               sigma,
               width_px,
               max_area_px,
               min_side_px,
               max_iou,
               max_boxes,
               seed] = options;
  Json colours = Json::array();
  for (const ColourSpace space : colour_spaces) colours.push_back(NameIn(kColourSpaces, space));
  Json sums = Json::array();
  for (const Similarities& sum : similarities) sums.push_back(JsonOf(sum));
  return {{"implementation", NameIn(kImplementations, implementation)},
          {"colour_spaces", colours},
          {"similarities", sums},
          {"k", k},
          {"sigma", sigma},
          {"width_px", width_px},
          {"max_area_px", max_area_px},
          {"min_side_px", min_side_px},
          {"max_iou", max_iou},
          {"max_boxes", max_boxes},
          {"seed", seed}};
}

Json JsonOf(const FeatureScaling& scaling) {
  const auto& [norm, target_norm, mean_norm] = scaling;
  return {{"norm", NameOf(norm)}, {"target_norm", target_norm}, {"mean_norm", mean_norm}};
}

Json JsonOf(const NmsOptions& nms) {
  const auto& [max_iou, max_per_class, soft_sigma, vote_iou, vote_offset] = nms;
  return {{"max_iou", max_iou},
          {"max_per_class", max_per_class},
          {"soft_sigma", soft_sigma},
          {"vote_iou", vote_iou},
          {"vote_offset", vote_offset}};
}

Json JsonOf(const Calibration& calibration) {
  Json curves = Json::array();
  for (const auto& [slope, offset] : calibration.curves) curves.push_back({slope, offset});
  return {{"curves", curves}, {"operating_points", calibration.operating_points}};
}

void ReadClasses(const Json& list, const std::string& where, ClassTable& table) {
  if (!list.is_array()) ThrowWrongType(where, "a list");
  for (std::size_t i = 0; i < list.size(); ++i) {
    JsonObject object(list[i], where + "[" + std::to_string(i) + "]");
    ClassInfo& info = table.classes.emplace_back();
    object.Read("name", info.name);
    object.Read("wordnet_id", info.wordnet_id);
    object.Finish();
  }
}

void ReadBackbone(JsonObject object, Model& model) {
  object.Read("name", model.backbone_name);
  object.Read("fingerprint", model.backbone_fingerprint);
  object.Finish();
}

void ReadCrop(JsonObject object, CropOptions& crop) {
  std::string mode;
  object.Read("mode", mode);
  try {
    crop.mode = CropModeFromName(mode);
  } catch (const Error& error) {
    throw Error(object.PathOf("mode") + ": " + error.what());
  }
  object.Read("size_px", crop.size_px);
  object.Read("padding_px", crop.padding_px);
  std::vector<float> mean;
  object.Read("mean_bgr", mean);
  if (mean.size() != crop.mean_bgr.size()) {
    ThrowWrongType(object.PathOf("mean_bgr"), "a list of three numbers");
  }
  std::copy(mean.begin(), mean.end(), crop.mean_bgr.begin());
  object.Finish();
}

PictureScale PictureScaleFrom(JsonObject object) {
  PictureScale scale;
  object.Read("short_side_px", scale.short_side_px);
  object.Read("long_side_px", scale.long_side_px);
  object.Finish();
  return scale;
}

void ReadProposals(JsonObject object, SelectiveSearchOptions& options) {
  std::string implementation;
  object.Read("implementation", implementation);
  options.implementation =
      ValueIn(kImplementations, implementation, object.PathOf("implementation"));
  std::vector<std::string> colours;
  object.Read("colour_spaces", colours);
  options.colour_spaces.clear();
  for (const std::string& name : colours) {
    options.colour_spaces.push_back(ValueIn(kColourSpaces, name, object.PathOf("colour_spaces")));
  }
  std::vector<std::vector<std::string>> sums;
  object.Read("similarities", sums);
  options.similarities.clear();
  for (const std::vector<std::string>& names : sums) {
    Similarities& sum = options.similarities.emplace_back(
        Similarities{.colour = false, .texture = false, .size = false, .fill = false});
    for (const std::string& name : names) {
      sum.*ValueIn(kSimilarities, name, object.PathOf("similarities")) = true;
    }
  }
  object.Read("k", options.k);
  object.Read("sigma", options.sigma);
  object.Read("width_px", options.width_px);
  object.Read("max_area_px", options.max_area_px);
  object.Read("min_side_px", options.min_side_px);
  object.Read("max_iou", options.max_iou);
  object.Read("max_boxes", options.max_boxes);
  object.Read("seed", options.seed);
  object.Finish();
}

void ReadScaling(JsonObject object, FeatureScaling& scaling) {
  std::string norm;
  object.Read("norm", norm);
  try {
    scaling.norm = FeatureNormFromName(norm);
  } catch (const Error& error) {
    throw Error(object.PathOf("norm") + ": " + error.what());
  }
  object.Read("target_norm", scaling.target_norm);
  object.Read("mean_norm", scaling.mean_norm);
  object.Finish();
}

void ReadNms(JsonObject object, NmsOptions& nms) {
  object.Read("max_iou", nms.max_iou);
  object.Read("max_per_class", nms.max_per_class);
  object.Read("vote_iou", nms.vote_iou);
  if (object.Has("soft_sigma")) object.Read("soft_sigma", nms.soft_sigma);
  if (object.Has("vote_offset")) object.Read("vote_offset", nms.vote_offset);
  object.Finish();
}

Calibration CalibrationFrom(JsonObject object) {
  Calibration calibration;
  std::vector<std::vector<double>> curves;
  object.Read("curves", curves);
  for (const std::vector<double>& curve : curves) {
    if (curve.size() != 2) ThrowWrongType(object.PathOf("curves"), "pairs of slope and offset");
    calibration.curves.push_back({.slope = curve[0], .offset = curve[1]});
  }
  object.Read("operating_points", calibration.operating_points);
  object.Finish();
  return calibration;
}

ClassifierKind ClassifierKindFrom(JsonObject object) {
  std::string name;
  object.Read("kind", name);
  object.Finish();
  try {
    return ClassifierKindFromName(name);
  } catch (const Error& error) {
    throw Error(object.PathOf("kind") + ": " + error.what());
  }
}

// Before anything else: a file of another version may differ in everything.
void CheckVersion(JsonObject& object, const std::string& source) {
  std::string format;
  object.Read("format", format);
  if (format != kFormat) {
    throw Error(source + ": is of format '" + format + "', expected '" + kFormat + "'");
  }
  int version = 0;
  object.Read("version", version);
  if (version != kVersion) {
    throw Error(source + ": is a model of version " + std::to_string(version) + ", expected " +
                std::to_string(kVersion) + "; use a program of its version");
  }
}

}  // namespace

std::string JsonTextOf(const Model& model, const std::string& source) {
  Json json = {
      {"format", kFormat},
      {"version", kVersion},
      {"classes", JsonOf(model.classes)},
      {"backbone", {{"name", model.backbone_name}, {"fingerprint", model.backbone_fingerprint}}},
      {"crop", JsonOf(model.crop)},
      {"proposals", JsonOf(model.proposals)},
      {"scaling", JsonOf(model.scaling)},
      {"classifiers", {{"kind", NameOf(model.classifiers.kind)}}},
      {"nms", JsonOf(model.nms)},
      {"min_score", model.min_score},
      {"training", model.training}};
  if (model.picture_scale) json["picture_scale"] = JsonOf(*model.picture_scale);
  if (model.ranker) json["max_regions"] = model.max_regions;
  if (model.quantization) json["quantization"] = JsonOf(*model.quantization);
  if (model.context_weight > 0) json["context_weight"] = model.context_weight;
  if (model.calibration) json["calibration"] = JsonOf(*model.calibration);
  try {
    return json.dump();
  } catch (const Json::exception&) {
    throw Error(source + ": cannot be written: a name or a text of the model is not UTF-8");
  }
}

Model ModelFromJsonText(const std::string& text, const std::string& source) {
  CheckJson(text, kDepth, source + ": its description");
  const Json json = Json::parse(text);
  JsonObject object(json, source + ": model");
  CheckVersion(object, source);
  Model model;
  ReadClasses(object.At("classes"), object.PathOf("classes"), model.classes);
  ReadBackbone(object.Object("backbone"), model);
  ReadCrop(object.Object("crop"), model.crop);
  ReadProposals(object.Object("proposals"), model.proposals);
  ReadScaling(object.Object("scaling"), model.scaling);
  ReadNms(object.Object("nms"), model.nms);
  object.Read("min_score", model.min_score);
  object.Read("training", model.training);
  if (object.Has("classifiers")) {
    model.classifiers.kind = ClassifierKindFrom(object.Object("classifiers"));
  }
  if (object.Has("picture_scale")) {
    model.picture_scale = PictureScaleFrom(object.Object("picture_scale"));
  }
  if (object.Has("max_regions")) object.Read("max_regions", model.max_regions);
  if (object.Has("context_weight")) object.Read("context_weight", model.context_weight);
  if (object.Has("calibration")) {
    model.calibration = CalibrationFrom(object.Object("calibration"));
  }
  if (object.Has("quantization")) {
    model.quantization = QuantizationFrom(object.Object("quantization"));
  }
  object.Finish();
  return model;
}

}  // namespace deeper
