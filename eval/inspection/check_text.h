#pragma once

#include <cstddef>
#include <string>

#include "eval/inspection/check_data.h"

namespace deeper {

// For people: the sets, the classes with the objects of each set, sizes, and what is wrong, each
// kind with its number and up to `places` places (0: all). Every line ends with "\n".
std::string CheckText(const DataCheck& check, std::size_t places = 0);

// All of it as one JSON object on a line, without a newline (docs/data-sets.md). `name` is the data
// set's.
std::string CheckJson(const DataCheck& check, const std::string& name);

}  // namespace deeper
