#include "tools/options/option_choices.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <typeinfo>

#include "core/text/lower.h"
#include "core/text/nearest_name.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

constexpr std::string_view kSeveral = "[,...]";

// "f32, bf16 or int8"
std::string ListOf(const std::vector<std::string>& values) {
  std::string list;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) list += i + 1 == values.size() ? " or " : ", ";
    list += values[i];
  }
  return list;
}

std::string OneOf(const OptionChoices& choices,
                  const std::string& option,
                  const std::string& value) {
  const auto found = std::ranges::find(
      choices.values, Lower(value), [](const std::string& choice) { return Lower(choice); });
  if (found != choices.values.end()) return *found;
  const std::optional<std::string> nearest = NearestName(Lower(value), choices.values);
  throw UsageError(fmt::format("--{} is '{}', expected {}{}{}",
                               option,
                               value,
                               ListOf(choices.values),
                               choices.takes_several ? ", or several between commas" : "",
                               nearest ? fmt::format("; did you mean '{}'?", *nearest) : ""));
}

}  // namespace

std::string ValueNameOf(const po::value_semantic& semantic) {
  const std::string name = semantic.name();
  return name.substr(0, name.rfind(" (="));
}

OptionChoices ChoicesOf(const po::option_description& option) {
  const po::value_semantic& semantic = *option.semantic();
  const auto* typed = dynamic_cast<const po::typed_value_base*>(&semantic);
  std::string list = ValueNameOf(semantic);
  // Boost reads yes and no in more ways than these.
  if (list.find('|') == std::string::npos || (typed && typed->value_type() == typeid(bool)))
    return {};
  OptionChoices choices;
  choices.takes_several = list.ends_with(kSeveral);
  if (choices.takes_several) list.resize(list.size() - kSeveral.size());
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find('|', begin), list.size());
    choices.values.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return choices;
}

std::string ChosenValue(const po::option_description& option, const std::string& value) {
  const OptionChoices choices = ChoicesOf(option);
  const std::string& name = option.long_name();
  if (choices.values.empty()) return value;
  if (!choices.takes_several) return OneOf(choices, name, value);
  std::vector<std::string> chosen = SplitAtCommas(name.c_str(), value);
  for (std::string& part : chosen) part = OneOf(choices, name, part);
  return fmt::format("{}", fmt::join(chosen, ","));
}

}  // namespace deeper::tools
