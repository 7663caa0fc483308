#pragma once

#include "tools/options/command_line.h"

namespace deeper::tools {

// The verbs of the program. Each takes the words behind its name and returns the exit status; the
// file of the same name holds it.
int RunDetect(const Arguments& arguments);
int RunEvaluate(const Arguments& arguments);
int RunShow(const Arguments& arguments);
int RunConvert(const Arguments& arguments);
int RunPropose(const Arguments& arguments);
int RunMerge(const Arguments& arguments);
int RunBench(const Arguments& arguments);
int RunClassify(const Arguments& arguments);
int RunTrain(const Arguments& arguments);
int RunModel(const Arguments& arguments);

}  // namespace deeper::tools
