#include "tools/options/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <sstream>
#include <typeinfo>
#include <utility>

#include "core/files/file.h"
#include "core/text/nearest_name.h"
#include "tools/options/option_errors.h"

template class boost::program_options::typed_value<std::string>;
template class boost::program_options::typed_value<int>;
template class boost::program_options::typed_value<double>;
template class boost::program_options::typed_value<float>;
template class boost::program_options::typed_value<std::size_t>;
template class boost::program_options::typed_value<bool>;

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

constexpr const char* kStrayWords = "stray words";
constexpr const char* kCommandLine = "the command line";

// Boost would show the default 0.3 as 0.29999999999999999.
template <typename Number>
void ShortenDefault(const po::value_semantic& semantic) {
  const auto* value = dynamic_cast<const po::typed_value<Number>*>(&semantic);
  boost::any fallback;
  if (value == nullptr || !value->apply_default(fallback)) return;
  const auto number = boost::any_cast<Number>(fallback);
  const_cast<po::typed_value<Number>*>(value)->default_value(number, fmt::format("{}", number));
}

// Options about the options, which belong on the command line alone.
bool IsGeneral(const std::string& option) {
  return option == "help" || option == "config" || option == "dump-config";
}

// How the values of a parse are known to people, by option: the words, and where they stood.
struct Given {
  std::vector<std::string> values;
  std::string where;
};
using GivenOptions = std::map<std::string, Given>;

// Stores what a file or the environment gives beside what is there already, which goes before.
void StoreConfigured(const std::vector<ConfiguredOption>& configured,
                     const po::options_description& options,
                     po::variables_map& values,
                     GivenOptions& given) {
  po::parsed_options parsed(&options);
  GivenOptions found;
  for (const ConfiguredOption& option : configured) {
    const po::option_description* known = options.find_nothrow(option.name, false);
    if (known == nullptr || IsGeneral(option.name))
      ThrowUnknownOption(options, option.name, option.where + ": ");
    Given& entry = found[option.name];
    if (entry.where.empty()) entry.where = option.where;
    std::vector<std::string> words = {option.value};
    if (known->semantic()->max_tokens() > 1) {  // several words a time, as on the command line
      words.clear();
      for (const std::string_view word : SplitFields(option.value)) words.emplace_back(word);
    }
    entry.values.insert(entry.values.end(), words.begin(), words.end());
    po::option stored(option.name, words);
    parsed.options.push_back(stored);
  }
  try {
    po::store(parsed, values);
  } catch (po::error_with_option_name& error) {
    const auto place = found.find(WithoutDashes(error.get_option_name()));
    auto* bad_value = dynamic_cast<po::invalid_option_value*>(&error);
    throw UsageError(
        fmt::format("{}: {}",
                    place == found.end() ? std::string("configuration") : place->second.where,
                    bad_value != nullptr ? BadValueText(*bad_value, options) : BoostText(error)));
  }
  given.merge(found);  // keeps what is there
}

// What stands behind "(=" in "arg (=0.5)", "false" for a switch; nothing for an option without a
// default.
std::optional<std::string> DefaultText(const po::value_semantic& semantic) {
  if (semantic.max_tokens() == 0) return "false";
  std::string name = semantic.name();
  const std::size_t begin = name.rfind("(=");
  if (begin == std::string::npos || name.back() != ')') return std::nullopt;
  name = name.substr(begin + 2, name.size() - begin - 3);
  return name.empty() ? std::nullopt : std::optional(name);
}

std::string DumpText(const std::string& verb,
                     const po::options_description& options,
                     const GivenOptions& given,
                     const std::vector<ConfiguredOption>& defaults) {
  std::string text = fmt::format("[{}]\n", verb);
  for (const auto& option : options.options()) {
    const std::string& name = option->long_name();
    if (IsGeneral(name)) continue;
    const auto found = given.find(name);
    const auto read = std::ranges::find(defaults, name, &ConfiguredOption::name);
    if (found != given.end()) {
      text += fmt::format("# from {}\n", found->second.where);
      std::string line;
      const bool words = option->semantic()->max_tokens() > 1;
      for (const std::string& value : found->second.values) {
        if (words && !line.empty()) {
          line += " " + value;
        } else {
          text += line.empty() ? "" : line + "\n";
          line = name + " = " + value;
        }
      }
      text += line + "\n";
    } else if (read != defaults.end()) {
      text += fmt::format("# from {}\n{} = {}\n", read->where, name, read->value);
    } else if (const auto fallback = DefaultText(*option->semantic())) {
      text += fmt::format("# the default\n{} = {}\n", name, *fallback);
    } else {
      text += fmt::format(
          "# not set: {}\n# {} = {}\n", option->description(), name, option->semantic()->name());
    }
  }
  for (const ConfiguredOption& fact : defaults) {
    if (options.find_nothrow(fact.name, false) != nullptr) continue;
    text += fmt::format("# from {}; no option\n# {} = {}\n", fact.where, fact.name, fact.value);
  }
  return text;
}

// Of what a file gives the options that have this value anyway, and no other from elsewhere.
std::set<std::string> GivenAsDefault(const std::vector<ConfiguredOption>& configured,
                                     const po::options_description& options,
                                     const GivenOptions& given) {
  std::set<std::string> names;
  for (const ConfiguredOption& option : configured) {
    const po::option_description* known = options.find_nothrow(option.name, false);
    if (known != nullptr && !given.contains(option.name) &&
        DefaultText(*known->semantic()) == option.value) {
      names.insert(option.name);
    }
  }
  return names;
}

// Says which variables look like options and are none of this verb's.
void SayUnknownVariables(const std::string& verb, const std::vector<std::string>& names) {
  for (const std::string& variable : UnknownVariables(names)) {
    std::vector<std::string> known(names.size());
    std::ranges::transform(names, known.begin(), VariableOf);
    const std::optional<std::string> nearest = NearestName(variable, known);
    fmt::print(stderr,
               "{} is passed over: 'deeper {}' has no such option{}\n",
               variable,
               verb,
               nearest ? fmt::format("; did you mean {}?", *nearest) : "");
  }
}

// The options that stood on the command line.
GivenOptions GivenIn(const po::parsed_options& parsed) {
  GivenOptions given;
  for (const po::option& option : parsed.options) {
    Given& entry = given[option.string_key];
    entry.where = kCommandLine;
    if (option.value.empty()) entry.values.emplace_back("true");
    entry.values.insert(entry.values.end(), option.value.begin(), option.value.end());
  }
  return given;
}

// Boost reads "-1" as the largest number where none below 0 can be.
void RefuseNegative(const po::options_description& all, const GivenOptions& given) {
  for (const auto& [name, entry] : given) {
    const po::option_description* option = all.find_nothrow(name, false);
    if (option == nullptr) continue;
    const auto* value = dynamic_cast<const po::typed_value_base*>(option->semantic().get());
    if (value == nullptr || value->value_type() != typeid(std::size_t)) continue;
    for (const std::string& word : entry.values) {
      if (!word.starts_with('-')) continue;
      throw UsageError(
          fmt::format("--{} is {} ({}), expected a whole number from 0", name, word, entry.where));
    }
  }
}

}  // namespace

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

void CommandLine::ShowDefaultsOf(std::function<std::vector<ConfiguredOption>()> read) {
  read_defaults_ = std::move(read);
}

void CommandLine::Restrict(const std::vector<Restriction>& restrictions) {
  restrictions_.insert(restrictions_.end(), restrictions.begin(), restrictions.end());
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
  // clang-format off
  general.add_options()
      ("help,h", "show this help")
      ("config", po::value<std::string>()->value_name("FILE"), "take options from its section for this verb, below the environment (DEEPER_OPTION_WORKERS for --workers) and the command line; default: $DEEPER_CONFIG")
      ("dump-config", po::bool_switch(), "print every option with its value and where that comes from, as such a file, and do nothing else");
  // clang-format on
  all.add(general);
  return all;
}

bool CommandLine::Parse(const Arguments& arguments) {
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
    const po::parsed_options parsed = po::command_line_parser(arguments)
                                          .options(with_words)
                                          .positional(positions)
                                          .style(style)
                                          .run();
    po::store(parsed, values_);
    if (values_.count(kStrayWords) > 0) {
      throw UsageError(
          fmt::format("'deeper {}' takes options alone; which one should '{}' belong to?",
                      verb_,
                      values_[kStrayWords].as<std::vector<std::string>>().front()));
    }
    if (!ReadSources(all, parsed)) return false;
    po::notify(values_);
  } catch (const po::unknown_option& error) {
    ThrowUnknownOption(all, WithoutDashes(error.get_option_name()), "");
  } catch (po::invalid_option_value& error) {
    throw UsageError(BadValueText(error, all));
  } catch (po::multiple_occurrences& error) {
    if (WithoutDashes(error.get_option_name()) != words_name_) throw UsageError(BoostText(error));
    throw UsageError(fmt::format("expected {} alone, found more; a name with blanks needs quotes",
                                 words_shown_));
  } catch (po::error_with_option_name& error) {
    throw UsageError(BoostText(error));
  } catch (const po::error& error) {
    throw UsageError(error.what());
  }
  return true;
}

bool CommandLine::ReadSources(const po::options_description& all, const po::parsed_options& words) {
  GivenOptions given = GivenIn(words);
  std::vector<std::string> names;
  for (const auto& option : all.options()) {
    if (!IsGeneral(option->long_name())) names.push_back(option->long_name());
  }
  StoreConfigured(ReadEnvironment(names), all, values_, given);
  SayUnknownVariables(verb_, names);
  const char* named = std::getenv("DEEPER_CONFIG");  // NOLINT(concurrency-mt-unsafe): one thread
  std::string file = named == nullptr ? "" : named;
  if (values_.count("config") > 0) file = values_["config"].as<std::string>();
  if (!file.empty()) {
    const std::vector<ConfiguredOption> configured = ReadConfiguration(file, verb_);
    given_as_default_ = GivenAsDefault(configured, all, given);
    StoreConfigured(configured, all, values_, given);
  }
  RefuseNegative(all, given);
  if (!values_["dump-config"].as<bool>()) {
    std::map<std::string, std::string> places;
    for (const auto& [name, entry] : given) places.emplace(name, entry.where);
    RefuseUnread(places);
    return true;
  }
  std::vector<ConfiguredOption> defaults;
  if (read_defaults_) {
    po::notify(values_);
    defaults = read_defaults_();
  }
  std::fputs(DumpText(verb_, all, given, defaults).c_str(), stdout);
  return false;
}

void CommandLine::RefuseUnread(const std::map<std::string, std::string>& place_of_given) const {
  for (const Restriction& restriction : restrictions_) {
    if (AreRead(restriction, values_)) continue;
    for (const std::string_view name : SplitFields(restriction.options)) {
      const auto place = place_of_given.find(std::string(name));
      if (place == place_of_given.end() || !Given(place->first)) continue;
      const std::string text = fmt::format("--{} is {}", name, TextOf(restriction));
      if (place->second == kCommandLine) throw UsageError(text + "; leave it out");
      fmt::print(stderr, "{} is passed over: {}\n", place->second, text);
    }
  }
}

void CommandLine::Refuse(const std::string& options, const std::string& why) const {
  for (const std::string_view name : SplitFields(options)) {
    if (Given(std::string(name))) throw UsageError(fmt::format("--{} {}", name, why));
  }
}

bool CommandLine::Given(const std::string& name) const {
  return values_.count(name) > 0 && !values_[name].defaulted() && !given_as_default_.contains(name);
}

std::string CommandLine::Help() const {
  std::string text = fmt::format("{}\n\nExamples:\n", purpose_);
  for (const std::string& example : examples_) text += "  " + example + "\n";
  text += fmt::format(
      "\nUsage: deeper {} [options]{}\n", verb_, words_shown_.empty() ? "" : " " + words_shown_);
  std::ostringstream options;
  options << AllOptions();
  text += options.str();
  if (!restrictions_.empty()) text += "\nOptions that are read at times alone:\n";
  for (const Restriction& restriction : restrictions_) {
    text += fmt::format(
        "    {}: {}\n", fmt::join(OptionsIn(restriction.options), ", "), TextOf(restriction));
  }
  return text;
}

}  // namespace deeper::tools
