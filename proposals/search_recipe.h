#pragma once

#include <optional>
#include <string>

#include "proposals/selective_search.h"

namespace deeper {

// The preset that these are but for their implementation, max_iou and max_boxes; nothing for a
// mixture of somebody's own.
std::optional<std::string> PresetOf(const SelectiveSearchOptions& options);

// How proposals are made as lines of a recipe (core/other_recipe.h). Equal for equal options.
std::string SearchRecipe(const SelectiveSearchOptions& options);

}  // namespace deeper
