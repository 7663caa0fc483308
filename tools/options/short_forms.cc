#include "tools/options/short_forms.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "tools/options/option_errors.h"

namespace deeper::tools {

namespace {

struct ShortForm {
  char letter;
  std::string_view option;
};

// The first letter of an option is the one that the help shows.
constexpr std::array kShortForms = {
    ShortForm{'h', "help"},
    ShortForm{'i', "input"},
    ShortForm{'d', "data"},
    ShortForm{'s', "set"},
    ShortForm{'m', "model"},
    ShortForm{'D', "detections"},
    ShortForm{'o', "output"},
    ShortForm{'f', "format"},
    ShortForm{'t', "min-score"},  // the threshold
    ShortForm{'r', "report"},
    ShortForm{'n', "steps"},
    ShortForm{'p', "precision"},
    ShortForm{'j', "workers"},  // as of make
    ShortForm{'w', "workers"},
};

}  // namespace

std::optional<char> ShortFormOf(std::string_view option) {
  const auto* const found = std::ranges::find(kShortForms, option, &ShortForm::option);
  return found == kShortForms.end() ? std::nullopt : std::optional(found->letter);
}

std::pair<std::string, std::string> ReadShortForm(
    const std::string& word, const boost::program_options::options_description& options) {
  if (word.size() < 2 || word[0] != '-' || std::isalpha(static_cast<unsigned char>(word[1])) == 0)
    return {};
  const std::string whole = word.substr(1, word.find('=') - 1);
  if (whole.size() > 1 && options.find_nothrow(whole, false) != nullptr)
    throw UsageError(fmt::format("unknown option '-{}'; did you mean '--{}'?", whole, whole));
  const auto* const found = std::ranges::find(kShortForms, word[1], &ShortForm::letter);
  if (found == kShortForms.end()) return {};
  const std::string option(found->option);
  if (options.find_nothrow(option, false) == nullptr) return {};
  return {option, word.substr(word.size() > 2 && word[2] == '=' ? 3 : 2)};
}

}  // namespace deeper::tools
