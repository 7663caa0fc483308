#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "detector/regions/features.h"

namespace deeper::tools {

// What is asked of a worker about one picture.
struct PictureJob {
  std::string id = {};                              // its name in the answer
  std::string file = {};                            // the bytes of the picture's file
  std::map<std::string, std::string> options = {};  // of the request's query, see DetectQuery
  std::string file_name = {};  // of the picture's file, as the record has it; "" where not known
  std::size_t story_of = 0;    // the number, from 1, of the detection to explain; 0: detect alone
  bool asks_model = false;     // no picture: the facts of the model
};

// What became of it.
struct PictureOutcome {
  int status = 200;        // as of HTTP
  std::string json = {};   // a line without its end; "" where there is no result
  std::string error = {};  // why there is none, for people
  StageTimes times = {};
};

// Does a job. Does not throw: what goes wrong is said in the outcome.
using PictureWork = std::function<PictureOutcome(const PictureJob&)>;

}  // namespace deeper::tools
