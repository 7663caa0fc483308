#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tools/options/command_line.h"

namespace deeper::tools {

// A word behind a verb that has verbs of its own: 'svm' of 'deeper train svm'.
struct SecondWord {
  std::string_view name;
  std::string_view what;  // it does, for the help
};

// The lines of a help that name them, with a heading.
std::string SecondWordsHelp(const std::string& verb, const std::vector<SecondWord>& known);

// The position of the first of `words` among the known ones. Throws UsageError that names them, and
// the nearest one, where it is none of them or there is no word.
std::size_t FindSecondWord(const std::string& verb,
                           const Arguments& words,
                           const std::vector<SecondWord>& known);

// Whether these words ask for the help of the verb itself.
bool AsksForHelp(const Arguments& words);

}  // namespace deeper::tools
