#pragma once

#include "tools/options/command_line.h"

namespace deeper::tools {

// "deeper model info": prints the paper's Table 1 of a network, or the facts of a detector.
int DescribeModel(const Arguments& words);

}  // namespace deeper::tools
