#pragma once

#include <string>
#include <vector>

namespace deeper::fuzz {

// The words behind a verb named "verb" that has the options that the verbs share and one of each
// type, read and checked as verbs do.
void ParseSomeVerb(const std::vector<std::string>& words);

}  // namespace deeper::fuzz
