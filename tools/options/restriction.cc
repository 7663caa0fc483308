#include "tools/options/restriction.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "core/files/file.h"
#include "tools/options/option_values.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

// Whether the condition, a name or "name=value", holds.
bool Holds(std::string_view condition, const po::variables_map& values) {
  const std::size_t equals = condition.find('=');
  const std::string name(condition.substr(0, equals));
  if (values.count(name) == 0) return false;
  const po::variable_value& value = values[name];
  if (equals != std::string_view::npos) {
    const auto* text = boost::any_cast<std::string>(&value.value());
    if (text == nullptr || text->empty()) return false;
    const std::vector<std::string> entries = SplitAtCommas(name.c_str(), *text);
    return std::ranges::count(entries, condition.substr(equals + 1)) > 0;
  }
  if (const bool* is_on = boost::any_cast<bool>(&value.value())) return *is_on;
  return !value.defaulted();
}

// "--bootstrap or --report", of conditions between blanks.
std::string WordsOf(const std::string& conditions) {
  std::vector<std::string> words = OptionsIn(conditions);
  for (std::string& word : words) std::ranges::replace(word, '=', ' ');
  return fmt::format("{}", fmt::join(words, " or "));
}

}  // namespace

bool AreRead(const Restriction& restriction, const po::variables_map& values) {
  const auto holds = [&](std::string_view condition) { return Holds(condition, values); };
  const std::vector<std::string_view> with = SplitFields(restriction.with);
  return (with.empty() || std::ranges::any_of(with, holds)) &&
         std::ranges::none_of(SplitFields(restriction.without), holds);
}

std::string TextOf(const Restriction& restriction) {
  if (restriction.with.empty()) return "not read with " + WordsOf(restriction.without);
  const std::string text = fmt::format("read with {} alone", WordsOf(restriction.with));
  return text + (restriction.without.empty() ? "" : ", not with " + WordsOf(restriction.without));
}

std::vector<std::string> OptionsIn(const std::string& names) {
  std::vector<std::string> options;
  for (const std::string_view name : SplitFields(names)) {
    options.push_back(fmt::format("--{}", name));
  }
  return options;
}

}  // namespace deeper::tools
