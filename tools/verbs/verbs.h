#pragma once

#include <vector>

#include "tools/options/command_line.h"
#include "tools/options/second_words.h"

namespace deeper::tools {

// The verbs of the program, each in the file of its name. They take the words behind that name and
// return the exit status.
int RunDetect(const Arguments& arguments);
int RunEvaluate(const Arguments& arguments);
int RunShow(const Arguments& arguments);
int RunConvert(const Arguments& arguments);
int RunPropose(const Arguments& arguments);
int RunMerge(const Arguments& arguments);
int RunCheck(const Arguments& arguments);
int RunBench(const Arguments& arguments);
int RunClassify(const Arguments& arguments);
int RunServe(const Arguments& arguments);
int RunTrain(const Arguments& arguments);
int RunModel(const Arguments& arguments);

// What stands behind 'deeper train' and 'deeper model'.
std::vector<SecondWord> TrainingWords();
std::vector<SecondWord> ModelWords();

}  // namespace deeper::tools
