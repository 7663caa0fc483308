#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

#include "backbone/training/network_training_options.h"
#include "tools/options/network_options.h"
#include "tools/options/restriction.h"

namespace deeper::tools {

// Options of training a network, shared by the trainings that do, as words.
struct NetworkTrainingArguments {
  std::string output;  // the file to write
  std::string schedule;
  RunOptions run;
  bool json = false;

  void AddNetworkOptions(boost::program_options::options_description& group,
                         NetworkTrainingOptions& training);
  void AddTrainingOptions(boost::program_options::options_description& group,
                          NetworkTrainingOptions& training);
  // When they are read.
  static std::vector<Restriction> Restrictions();
  // Fills in what depends on the words. Throws UsageError or Error for words that name nothing; the
  // options' Validate() checks the rest.
  void Apply(NetworkTrainingOptions& training);
};

}  // namespace deeper::tools
