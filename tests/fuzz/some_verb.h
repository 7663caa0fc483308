#pragma once

#include <string>
#include <vector>

namespace deeper::fuzz {

// Reads and checks, as verbs do, the words after a verb named "verb". It has the options that verbs
// share and one of each type.
void ParseSomeVerb(const std::vector<std::string>& words);

}  // namespace deeper::fuzz
