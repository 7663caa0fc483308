#include "tools/options/given_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <typeinfo>

#include "core/files/file.h"
#include "tools/options/option_choices.h"
#include "tools/options/option_errors.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

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

// ChosenValue of what stood at this place.
std::string ChosenAt(const std::string& where,
                     const po::option_description& option,
                     const std::string& value) {
  try {
    return ChosenValue(option, value);
  } catch (const UsageError& error) {
    throw UsageError(where + ": " + error.what());
  }
}

}  // namespace

bool IsGeneral(const std::string& option) {
  return option == "help" || option == "config" || option == "dump-config";
}

GivenOptions TakeWordsOf(po::parsed_options& parsed, const po::options_description& options) {
  GivenOptions given;
  for (po::option& option : parsed.options) {
    if (const auto* known = options.find_nothrow(option.string_key, false)) {
      for (std::string& value : option.value) value = ChosenValue(*known, value);
    }
    GivenOption& entry = given[option.string_key];
    entry.where = kCommandLine;
    if (option.value.empty()) entry.values.emplace_back("true");
    entry.values.insert(entry.values.end(), option.value.begin(), option.value.end());
  }
  return given;
}

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
    GivenOption& entry = found[option.name];
    if (entry.where.empty()) entry.where = option.where;
    std::vector<std::string> words = {option.value};
    if (known->semantic()->max_tokens() > 1) {  // several words a time, as on the command line
      words.clear();
      for (const std::string_view word : SplitFields(option.value)) words.emplace_back(word);
    }
    for (std::string& word : words) word = ChosenAt(option.where, *known, word);
    entry.values.insert(entry.values.end(), words.begin(), words.end());
    po::option stored(option.name, words);
    parsed.options.push_back(stored);
  }
  try {
    po::store(parsed, values);
  } catch (po::error_with_option_name& error) {
    const auto place = found.find(WithoutDashes(error.get_option_name()));
    throw UsageError(
        fmt::format("{}: {}",
                    place == found.end() ? std::string("configuration") : place->second.where,
                    TextOf(error, options)));
  }
  given.merge(found);  // keeps what is there
}

void RefuseNegative(const po::options_description& options, const GivenOptions& given) {
  for (const auto& [name, entry] : given) {
    const po::option_description* option = options.find_nothrow(name, false);
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

}  // namespace deeper::tools
