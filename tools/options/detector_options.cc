#include "tools/options/detector_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "core/error.h"
#include "core/files/file.h"
#include "core/text/parse.h"
#include "tools/options/command_line.h"
#include "tools/options/find_model.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

std::vector<fs::path> ModelFiles(const std::vector<std::string>& words) {
  if (words.empty()) return {FindModelFile("")};
  std::vector<fs::path> files;
  for (const std::string& word : words) {
    if (!word.starts_with('@')) {
      files.push_back(FindModelFile(word));
      continue;
    }
    const fs::path list = word.substr(1);
    const std::string text = ReadPlainText(list);
    for (const std::string_view line : SplitLines(text)) {
      if (!line.empty()) files.push_back(list.parent_path() / line);
    }
  }
  if (files.empty()) throw Error(fmt::format("{}: names no model", fmt::join(words, ", ")));
  return files;
}

std::vector<std::string> ShortNames(const std::vector<fs::path>& files) {
  const auto stem = [](const fs::path& file) { return file.stem().string(); };
  std::vector<std::string> names;
  for (const fs::path& file : files) {
    const bool is_unique = std::ranges::count(files, stem(file), stem) == 1;
    names.push_back(is_unique ? stem(file) : file.string());
  }
  return names;
}

void DetectorArguments::AddOptions(po::options_description& group) {
  // clang-format off
  group.add_options()
      ("model", po::value(&models)->value_name("MODEL"), "detector, or several (the option again, or @LIST, a file of names), which then score the same proposals; default: voc-fast.safetensors in $DEEPER_MODELS or models/")
      ("model-weight", po::value(&weights)->value_name("W"), "weight of a model's scores and boxes in the mean, once for each --model; default: equal")
      ("backbone", po::value(&backbone)->value_name("MODEL"), "the model's network, when it is neither in it nor beside it nor in $DEEPER_MODELS")
      ("fusion", po::value(&fusion)->default_value(fusion)->value_name("scores|boxes"), "of several models: scores, the mean of each region's before suppression, or boxes, each model's detections joined by weighted boxes fusion")
      ("fusion-iou", po::value(&fusion_iou)->default_value(fusion_iou)->value_name("IOU"), "boxes that overlap by more are fused")
      ("short-side", po::value(&short_sides)->value_name("PX[,PX...]"), "scale whole pictures so that their shorter side has so many pixels; several: the means of a look at each; for models that look once at a picture; default: the model's")
      ("mirror", po::bool_switch(&mirror), "look at each picture's mirror image too: the means of both; twice the work")
      ("rounds", po::value(&rounds)->default_value(rounds)->value_name("N"), "2: score the 100 best regions once more where box regression moved them, up to 4")
      ("max-regions", po::value<std::size_t>()->notifier([this](std::size_t value) { max_regions = value; })->value_name("N"), "regions of a picture that such a model looks at closely, 0: all; default: the model's")
      ("propose-by", po::value(&propose_by)->default_value(propose_by)->value_name("search|map|both"), "of a model that looks once at a picture: search, Selective Search as for others; map, the network's map of the picture, which is faster; or both")
      ("exact", po::value(&exact)->default_value(exact)->value_name("K"), "of several models, the first of which looks once at a picture: those that read crops score the K best regions alone; 0: all")
      ("no-multibox", po::bool_switch(&no_multibox), "propose by Selective Search alone, where the model has a MultiBox too");
  // clang-format on
  multibox_views.AddOptions(group);
}

std::vector<Restriction> DetectorArguments::Restrictions() {
  return {{.options = "fusion-iou", .with = "fusion=boxes"},
          {.options = "multibox-views", .without = "no-multibox"}};
}

void DetectorArguments::Check() const {
  multibox_views.Views();
  for (const double weight : weights) CheckRange("model-weight", weight, 1e-6, 1e6);
  if (fusion != "scores" && fusion != "boxes") {
    throw UsageError(fmt::format("--fusion is '{}', expected scores or boxes", fusion));
  }
  CheckRange("fusion-iou", fusion_iou, 0, 1);
  Scales();
  WantedProposers();
  CheckRange("rounds", rounds, 1, 4);
  if (models.size() > 1 && !backbone.empty()) {
    throw UsageError("--backbone goes with one --model; several find theirs in $DEEPER_MODELS");
  }
}

Proposers DetectorArguments::WantedProposers() const {
  try {
    return ProposersFromName(propose_by);
  } catch (const Error&) {
    throw UsageError(fmt::format("--propose-by is '{}', expected search, map or both", propose_by));
  }
}

std::vector<PictureScale> DetectorArguments::Scales() const {
  std::vector<PictureScale> scales;
  if (short_sides.empty()) return scales;
  for (const std::string& part : SplitAtCommas("short-side", short_sides)) {
    const std::optional<std::int64_t> side = ParseInt(part);
    if (!side) {
      throw UsageError(
          fmt::format("--short-side is '{}', expected whole numbers of pixels such "
                      "as 576 or 480,704",
                      short_sides));
    }
    CheckRange("short-side", static_cast<double>(*side), 96, 2048);
    const int side_px = static_cast<int>(*side);
    scales.push_back({.short_side_px = side_px, .long_side_px = side_px * 5 / 3});
  }
  return scales;
}

Detector DetectorArguments::Load() const {
  const std::vector<fs::path> files = ModelFiles(models);
  if (!weights.empty() && weights.size() != files.size()) {
    throw UsageError(fmt::format("expected --model-weight for each of the {} models, found {}",
                                 files.size(),
                                 weights.size()));
  }
  if (files.size() == 1) {
    const auto refuse = [](bool is_given, const char* option) {
      if (!is_given) return;
      throw UsageError(fmt::format("--{} is of several models, and there is one", option));
    };
    refuse(!weights.empty(), "model-weight");
    refuse(fusion != "scores", "fusion");
    refuse(exact > 0, "exact");
  }
  Detector detector(
      files,
      {.weights = weights,
       .backbone = backbone,
       .fusion = FusionFromName(fusion),
       .fusion_iou = fusion_iou,
       .precision = run.Wanted(),
       .picture_scales = Scales(),
       .max_regions = max_regions,
       .proposers = WantedProposers(),
       .mirror = mirror,
       .rounds = rounds,
       .exact = exact,
       .multibox = !no_multibox,
       .multibox_views = multibox_views.Views(),
       .search = [this](const SelectiveSearchOptions& own) { return proposals.Over(own); },
       .feature_cache = feature_cache});
  for (const std::string& remark : detector.remarks()) fmt::print(stderr, "{}\n", remark);
  return detector;
}

}  // namespace deeper::tools
