#include "tools/options/model_defaults.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "core/error.h"
#include "detector/model/model_file.h"
#include "proposals/search_recipe.h"
#include "tools/options/network_options.h"

namespace deeper::tools {

std::vector<ConfiguredOption> DefaultsOf(const Model& model, const std::string& file) {
  std::vector<ConfiguredOption> defaults;
  const auto add = [&](const char* name, const auto& value) {
    defaults.push_back({.name = name, .value = fmt::format("{}", value), .where = file});
  };
  add("min-score", model.min_score);
  add("nms-iou", model.nms.max_iou);
  add("soft-nms", model.nms.soft_sigma);
  add("vote-iou", model.nms.vote_iou);
  add("max-per-class", model.nms.max_per_class);
  const SelectiveSearchOptions& proposals = model.proposals;
  if (const std::optional<std::string> preset = PresetOf(proposals)) {
    add("proposals", *preset);
  } else {
    add("proposals of its own", SearchText(proposals));
  }
  add("selective-search",
      proposals.implementation == SelectiveSearchImplementation::kOurs ? "ours" : "opencv");
  add("max-proposal-iou", proposals.max_iou);
  add("max-proposals", proposals.max_boxes);
  if (model.picture_scale) add("short-side", model.picture_scale->short_side_px);
  if (model.ranker) add("max-regions", model.max_regions);
  add("precision", NameOf(RunOptions().ForNetwork(model.quantization).precision));
  add("vote offset", model.nms.vote_offset);
  add("context weight", model.context_weight);
  add("scores", model.calibration ? "probabilities" : "margins");
  add("multibox", model.multibox ? "yes" : "no");
  return defaults;
}

std::vector<ConfiguredOption> DefaultsOf(const DetectorArguments& options) {
  std::vector<std::filesystem::path> files;
  try {
    files = ModelFiles(options.models);
  } catch (const Error&) {
    if (!options.models.empty()) throw;
    return {};
  }
  const std::string file = files.front().string();
  std::vector<ConfiguredOption> defaults = DefaultsOf(LoadModel(file), file);
  // Each of several models runs in its own.
  if (files.size() > 1)
    std::erase_if(defaults, [](const auto& d) { return d.name == "precision"; });
  if (options.models.empty()) {
    defaults.push_back({.name = "model", .value = file, .where = "where models are looked for"});
  }
  return defaults;
}

}  // namespace deeper::tools
