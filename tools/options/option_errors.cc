#include "tools/options/option_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <map>
#include <optional>
#include <typeinfo>
#include <vector>

#include "core/text/nearest_name.h"
#include "tools/options/foreign_words.h"
#include "tools/options/option_choices.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

// Boost's what() puts the user's words into a template and replaces placeholders such as "%value%"
// until there is none left; words that hold one would keep it at that for ever, so they are put in
// without their '%'.
class ErrorText : public po::error_with_option_name {
 public:
  static std::string Of(po::error_with_option_name& error) {
    const std::map<std::string, std::string> words = WordsOf(error);
    for (const auto& [name, word] : words)
      error.set_substitute(name, Replaced(word, '%', kStandIn));
    return Replaced(error.what(), kStandIn, '%');
  }

  // The value that the user gave; "" where there is none.
  static std::string ValueIn(const po::error_with_option_name& error) {
    const std::map<std::string, std::string> words = WordsOf(error);
    const auto value = words.find("value");
    return value == words.end() ? "" : value->second;
  }

 private:
  static constexpr char kStandIn = '\x1A';  // ASCII's "substitute"

  static std::map<std::string, std::string> WordsOf(const po::error_with_option_name& error) {
    return error.*(&ErrorText::m_substitutions);
  }

  static std::string Replaced(std::string text, char from, char to) {
    std::ranges::replace(text, from, to);
    return text;
  }
};

bool IsWholeNumber(std::string text) {
  if (text.starts_with('-')) text.erase(0, 1);
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c); });
}

// What a value must be, for people.
std::string ExpectedOf(const po::option_description* option, const std::string& found) {
  const auto* value = option == nullptr
                          ? nullptr
                          : dynamic_cast<const po::typed_value_base*>(option->semantic().get());
  if (value == nullptr) return "another value";
  const std::type_info& type = value->value_type();
  if (type == typeid(bool)) return "yes or no";
  if (type == typeid(double) || type == typeid(float)) return "a number";
  if (type == typeid(int) && IsWholeNumber(found)) {
    return fmt::format("a whole number from {} to {}",
                       std::numeric_limits<int>::min(),
                       std::numeric_limits<int>::max());
  }
  return "a whole number";
}

}  // namespace

std::string WithoutDashes(const std::string& option) {
  return option.substr(std::min(option.find_first_not_of('-'), option.size()));
}

std::string TextOf(po::error_with_option_name& error, const po::options_description& options) {
  const std::string name = WithoutDashes(error.get_option_name());
  const po::option_description* option = options.find_nothrow(name, false);
  const std::string value_name = option == nullptr ? "" : ValueNameOf(*option->semantic());
  if (dynamic_cast<const po::validation_error*>(&error) != nullptr) {
    const std::string value = ErrorText::ValueIn(error);
    return fmt::format("--{} is '{}', expected {}", name, value, ExpectedOf(option, value));
  }
  if (dynamic_cast<const po::multiple_occurrences*>(&error) != nullptr)
    return fmt::format("--{} is there more than once, expected one", name);
  if (dynamic_cast<const po::required_option*>(&error) != nullptr)
    return fmt::format("expected --{} {}", name, value_name);
  if (const auto* syntax = dynamic_cast<const po::invalid_command_line_syntax*>(&error)) {
    switch (syntax->kind()) {
      case po::invalid_syntax::missing_parameter:
      case po::invalid_syntax::empty_adjacent_parameter:
        return fmt::format("--{} has no value, expected --{} {}", name, name, value_name);
      case po::invalid_syntax::extra_parameter:
        return fmt::format("--{} takes no value; leave it out", name);
      default:
        break;
    }
  }
  return ErrorText::Of(error);
}

void ThrowUnknownOption(const po::options_description& options,
                        const std::string& unknown,
                        const std::string& where) {
  std::vector<std::string> known;
  for (const auto& option : options.options()) known.push_back(option->long_name());
  const std::string word = WithoutDashes(unknown);
  const std::string dashes = where.empty() ? "--" : "";
  std::string advice;
  if (const std::optional<std::string> hint = ForeignOptionHint(word, known)) {
    advice = "; " + *hint;
  } else if (const std::optional<std::string> nearest = NearestName(word, known)) {
    advice = fmt::format("; did you mean '{}{}'?", dashes, *nearest);
  }
  throw UsageError(fmt::format("{}unknown option '{}'{}", where, unknown, advice));
}

}  // namespace deeper::tools
