#include "tools/options/option_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <typeinfo>
#include <vector>

#include "core/text/nearest_name.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

// Boost's what() puts the user's words into a template and replaces placeholders such as "%value%"
// until there is none left; words that hold one would keep it at that for ever, so they are put in
// without their '%'.
class ErrorText : public po::error_with_option_name {
 public:
  static std::string Of(po::error_with_option_name& error) {
    const std::map<std::string, std::string> words = error.*(&ErrorText::m_substitutions);
    for (const auto& [name, word] : words)
      error.set_substitute(name, Replaced(word, '%', kStandIn));
    return Replaced(error.what(), kStandIn, '%');
  }

 private:
  static constexpr char kStandIn = '\x1A';  // ASCII's "substitute"

  static std::string Replaced(std::string text, char from, char to) {
    std::ranges::replace(text, from, to);
    return text;
  }
};

}  // namespace

std::string WithoutDashes(const std::string& option) {
  return option.substr(std::min(option.find_first_not_of('-'), option.size()));
}

std::string BoostText(po::error_with_option_name& error) { return ErrorText::Of(error); }

std::string BadValueText(po::invalid_option_value& error, const po::options_description& options) {
  const po::option_description* option =
      options.find_nothrow(WithoutDashes(error.get_option_name()), false);
  const po::value_semantic* semantic = option == nullptr ? nullptr : option->semantic().get();
  const auto* value = dynamic_cast<const po::typed_value_base*>(semantic);
  std::string text = BoostText(error);
  if (value == nullptr) return text;
  const bool is_float =
      value->value_type() == typeid(double) || value->value_type() == typeid(float);
  return fmt::format("{}, expected a {}number", text, is_float ? "" : "whole ");
}

void ThrowUnknownOption(const po::options_description& options,
                        const std::string& unknown,
                        const std::string& where) {
  std::vector<std::string> known;
  for (const auto& option : options.options()) known.push_back(option->long_name());
  const std::optional<std::string> nearest = NearestName(unknown, known);
  const std::string dashes = where.empty() ? "--" : "";
  throw UsageError(
      fmt::format("{}unknown option '{}{}'{}",
                  where,
                  dashes,
                  unknown,
                  nearest ? fmt::format("; did you mean '{}{}'?", dashes, *nearest) : ""));
}

}  // namespace deeper::tools
