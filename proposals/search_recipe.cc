#include "proposals/search_recipe.h"

#include <fmt/format.h>

namespace deeper {

std::optional<std::string> PresetOf(const SelectiveSearchOptions& options) {
  for (const char* name : {"x2", "fast", "quality"}) {
    SelectiveSearchOptions preset = SelectiveSearchPreset(name);
    preset.implementation = options.implementation;
    preset.max_iou = options.max_iou;
    preset.max_boxes = options.max_boxes;
    if (preset == options) return name;
  }
  return std::nullopt;
}

std::string SearchRecipe(const SelectiveSearchOptions& options) {
  const bool ours = options.implementation == SelectiveSearchImplementation::kOurs;
  return fmt::format("proposals {}\nselective_search {}\nmax_proposal_iou {}\nmax_proposals {}\n",
                     PresetOf(options).value_or(SearchText(options)),
                     ours ? "ours" : "opencv",
                     options.max_iou,
                     options.max_boxes);
}

}  // namespace deeper
