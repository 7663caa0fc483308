#include "tools/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <sstream>
#include <typeinfo>
#include <utility>

#include "core/nearest_name.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

constexpr const char* kStrayWords = "stray words";

std::string WithoutDashes(const std::string& option) {
  return option.substr(std::min(option.find_first_not_of('-'), option.size()));
}

// Boost would show the default 0.3 as 0.29999999999999999.
template <typename Number>
void ShortenDefault(const po::value_semantic& semantic) {
  const auto* value = dynamic_cast<const po::typed_value<Number>*>(&semantic);
  boost::any fallback;
  if (value == nullptr || !value->apply_default(fallback)) return;
  const auto number = boost::any_cast<Number>(fallback);
  const_cast<po::typed_value<Number>*>(value)->default_value(number, fmt::format("{}", number));
}

// What Boost says of a value that it cannot read, and what would have done.
std::string BadValueText(const po::invalid_option_value& error,
                         const po::options_description& options) {
  const po::option_description* option =
      options.find_nothrow(WithoutDashes(error.get_option_name()), false);
  const po::value_semantic* semantic = option == nullptr ? nullptr : option->semantic().get();
  const auto* value = dynamic_cast<const po::typed_value_base*>(semantic);
  if (value == nullptr) return error.what();
  const bool is_float =
      value->value_type() == typeid(double) || value->value_type() == typeid(float);
  return fmt::format("{}, expected a {}number", error.what(), is_float ? "" : "whole ");
}

}  // namespace

void CheckRange(const char* option, double value, double low, double high) {
  if (value >= low && value <= high) return;
  throw UsageError(
      fmt::format("--{} is {}, expected a number from {} to {}", option, value, low, high));
}

std::vector<std::string> SplitAtCommas(const char* option, const std::string& text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    if (end == begin)
      throw UsageError(fmt::format("--{} has an empty entry in '{}'", option, text));
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

CommandLine::CommandLine(std::string verb, std::string purpose, std::vector<std::string> examples)
    : verb_(std::move(verb)), purpose_(std::move(purpose)), examples_(std::move(examples)) {}

po::options_description& CommandLine::Group(const std::string& heading) {
  groups_.push_back(std::make_unique<po::options_description>(heading, 100, 60));
  return *groups_.back();
}

void CommandLine::TakeWords(const std::string& name, const std::string& shown) {
  words_.add(name.c_str(), -1);
  words_name_ = name;
  words_shown_ = shown;
}

po::options_description CommandLine::AllOptions() const {
  po::options_description all;
  for (const auto& group : groups_) {
    for (const auto& option : group->options()) {
      ShortenDefault<double>(*option->semantic());
      ShortenDefault<float>(*option->semantic());
    }
    all.add(*group);
  }
  po::options_description general("General", 100, 60);
  general.add_options()("help,h", "show this help");
  all.add(general);
  return all;
}

bool CommandLine::Parse(const std::vector<std::string>& arguments) {
  if (std::find(arguments.begin(), arguments.end(), "--help") != arguments.end() ||
      std::find(arguments.begin(), arguments.end(), "-h") != arguments.end()) {
    std::fputs(Help().c_str(), stdout);
    return false;
  }
  const po::options_description all = AllOptions();
  po::options_description with_words;
  with_words.add(all);
  po::positional_options_description positions = words_;
  if (words_name_.empty()) {
    with_words.add_options()(kStrayWords, po::value<std::vector<std::string>>());
    positions.add(kStrayWords, -1);
  } else if (all.find_nothrow(words_name_, false) == nullptr) {
    throw std::logic_error("words go to an option that does not exist: " + words_name_);
  }
  try {
    // No guessing: a prefix of an option is not that option.
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(arguments)
                  .options(with_words)
                  .positional(positions)
                  .style(style)
                  .run(),
              values_);
    if (values_.count(kStrayWords) > 0) {
      throw UsageError(
          fmt::format("'deeper {}' takes options alone; which one should '{}' belong to?",
                      verb_,
                      values_[kStrayWords].as<std::vector<std::string>>().front()));
    }
    po::notify(values_);
  } catch (const po::unknown_option& error) {
    std::vector<std::string> known;
    for (const auto& option : all.options()) known.push_back(option->long_name());
    const std::string unknown = WithoutDashes(error.get_option_name());
    const std::optional<std::string> nearest = NearestName(unknown, known);
    throw UsageError(fmt::format("unknown option '--{}'{}",
                                 unknown,
                                 nearest ? fmt::format("; did you mean '--{}'?", *nearest) : ""));
  } catch (const po::invalid_option_value& error) {
    throw UsageError(BadValueText(error, all));
  } catch (const po::multiple_occurrences& error) {
    if (WithoutDashes(error.get_option_name()) != words_name_) throw UsageError(error.what());
    throw UsageError(fmt::format("expected {} alone, found more; a name with blanks needs quotes",
                                 words_shown_));
  } catch (const po::error& error) {
    throw UsageError(error.what());
  }
  return true;
}

bool CommandLine::Given(const std::string& name) const {
  return values_.count(name) > 0 && !values_[name].defaulted();
}

std::string CommandLine::Help() const {
  std::string text = fmt::format("{}\n\nExamples:\n", purpose_);
  for (const std::string& example : examples_) text += "  " + example + "\n";
  text += fmt::format(
      "\nUsage: deeper {} [options]{}\n", verb_, words_shown_.empty() ? "" : " " + words_shown_);
  std::ostringstream options;
  options << AllOptions();
  return text + options.str();
}

}  // namespace deeper::tools
