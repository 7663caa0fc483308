#pragma once

#include <boost/program_options.hpp>
#include <string>

#include "tools/options/exit_status.h"

namespace deeper::tools {

// What a training verb came to.
struct TrainingOutcome {
  int status = kDone;
  std::string json;  // an object, where --json asked for one and the training went to its end
};

// The option --json, of every training verb.
void AddJsonOption(boost::program_options::options_description& group, bool& json);

}  // namespace deeper::tools
