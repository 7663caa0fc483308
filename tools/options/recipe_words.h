#pragma once

#include <string>

#include "core/other_recipe.h"

namespace deeper::tools {

// For people: what is there and what differs from it, in the words of the command line, such as
// "--max-proposals 200, now 100", and what to do.
std::string WordsOf(const OtherRecipe& error);

}  // namespace deeper::tools
