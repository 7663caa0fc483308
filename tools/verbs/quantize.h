#pragma once

#include "tools/options/command_line.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {

// "deeper model quantize": measures on pictures what int8 needs, and writes it into a copy of the
// file.
int QuantizeModel(const Arguments& words);

}  // namespace deeper::tools
