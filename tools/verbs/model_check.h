#pragma once

#include "tools/options/command_line.h"

namespace deeper::tools {

// "deeper model check": runs a network beside the plain-loop reference and compares every layer.
int CheckModel(const Arguments& words);

}  // namespace deeper::tools
