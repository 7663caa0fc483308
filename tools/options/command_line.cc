#include "tools/options/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

#include "core/files/file.h"
#include "core/text/nearest_name.h"
#include "tools/options/given_options.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_help.h"
#include "tools/options/short_forms.h"

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

template <typename Number>
void ShortenDefault(const po::value_semantic& semantic) {
  const auto* value = dynamic_cast<const po::typed_value<Number>*>(&semantic);
  boost::any fallback;
  if (value == nullptr || !value->apply_default(fallback)) return;
  const auto number = boost::any_cast<Number>(fallback);
  const_cast<po::typed_value<Number>*>(value)->default_value(number, fmt::format("{}", number));
}

// Boost would show the default 0.3 as 0.29999999999999999.
void ShortenDefaults(const po::options_description& options) {
  for (const auto& option : options.options()) {
    ShortenDefault<double>(*option->semantic());
    ShortenDefault<float>(*option->semantic());
  }
}

// Options about the options, of every verb.
po::options_description GeneralOptions() {
  po::options_description general;
  // clang-format off
  general.add_options()
      ("help", "show this help")
      ("config", po::value<std::string>()->value_name("FILE"), "take options from its section for this verb, below the environment (DEEPER_OPTION_WORKERS for --workers) and the command line; default: $DEEPER_CONFIG")
      ("dump-config", po::bool_switch(), "print every option with its value and where that comes from, as such a file, and do nothing else");
  // clang-format on
  return general;
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

}  // namespace

CommandLine::CommandLine(std::string verb, std::string purpose, std::vector<std::string> examples)
    : verb_(std::move(verb)), purpose_(std::move(purpose)), examples_(std::move(examples)) {}

po::options_description& CommandLine::Group(const std::string& heading) {
  groups_.push_back({.heading = heading, .options = std::make_unique<po::options_description>()});
  return *groups_.back().options;
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
  for (const auto& [heading, options] : groups_) {
    ShortenDefaults(*options);
    all.add(*options);
  }
  all.add(GeneralOptions());
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
    const auto short_form = [&](const std::string& word) { return ReadShortForm(word, all); };
    po::parsed_options parsed = po::command_line_parser(arguments)
                                    .options(with_words)
                                    .positional(positions)
                                    .style(style)
                                    .extra_parser(short_form)
                                    .run();
    const GivenOptions given = TakeWordsOf(parsed, all);
    po::store(parsed, values_);
    if (values_.count(kStrayWords) > 0) {
      throw UsageError(
          fmt::format("'deeper {}' takes options alone; which one should '{}' belong to?",
                      verb_,
                      values_[kStrayWords].as<std::vector<std::string>>().front()));
    }
    if (!ReadSources(all, given)) return false;
    po::notify(values_);
  } catch (const po::unknown_option& error) {
    ThrowUnknownOption(all, error.get_option_name(), "");
  } catch (po::error_with_option_name& error) {
    const bool is_word = WithoutDashes(error.get_option_name()) == words_name_;
    if (!is_word || dynamic_cast<const po::multiple_occurrences*>(&error) == nullptr)
      throw UsageError(TextOf(error, all));
    throw UsageError(fmt::format("expected {} alone, found more; a name with blanks needs quotes",
                                 words_shown_));
  } catch (const po::error& error) {
    throw UsageError(error.what());
  }
  return true;
}

bool CommandLine::ReadSources(const po::options_description& all, GivenOptions given) {
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
      "\nUsage: deeper {} [options]{}\n\n", verb_, words_shown_.empty() ? "" : " " + words_shown_);
  for (const auto& [heading, options] : groups_) {
    ShortenDefaults(*options);
    text += GroupHelp(heading, *options) + "\n";
  }
  text += GroupHelp("General", GeneralOptions());
  if (!restrictions_.empty()) text += "\nOptions that are read at times alone:\n";
  for (const Restriction& restriction : restrictions_) {
    text += fmt::format(
        "    {}: {}\n", fmt::join(OptionsIn(restriction.options), ", "), TextOf(restriction));
  }
  return text;
}

}  // namespace deeper::tools
