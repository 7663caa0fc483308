#pragma once

#include <string>

#include "core/remedy.h"

namespace deeper::tools {

// For people: the command or option that is this remedy, as a sentence that begins with "Try".
std::string WordsOf(Remedy remedy);

}  // namespace deeper::tools
