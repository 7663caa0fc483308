#include "tools/options/second_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/text/nearest_name.h"
#include "tools/options/option_errors.h"

namespace deeper::tools {

std::string SecondWordsHelp(const std::string& verb, const std::vector<SecondWord>& known) {
  std::string text = fmt::format("Verbs of 'deeper {}' (each has its own --help):\n", verb);
  for (const SecondWord& word : known) text += fmt::format("  {:<10} {}\n", word.name, word.what);
  return text;
}

std::size_t FindSecondWord(const std::string& verb,
                           const Arguments& words,
                           const std::vector<SecondWord>& known) {
  std::vector<std::string> names;
  for (const SecondWord& word : known) names.emplace_back(word.name);
  const std::string expected = fmt::format("expected one of {}", fmt::join(names, ", "));
  if (words.empty())
    throw UsageError(fmt::format("'deeper {}' needs one word more, {}", verb, expected));
  const auto found = std::ranges::find(names, words.front());
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  const std::optional<std::string> nearest = NearestName(words.front(), names);
  throw UsageError(fmt::format("'deeper {}' has no '{}', {}{}",
                               verb,
                               words.front(),
                               expected,
                               nearest ? fmt::format("; did you mean '{}'?", *nearest) : ""));
}

bool AsksForHelp(const Arguments& words) {
  return !words.empty() && (words.front() == "--help" || words.front() == "-h");
}

}  // namespace deeper::tools
