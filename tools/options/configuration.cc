#include "tools/options/configuration.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"

namespace deeper::tools {

namespace {

constexpr const char* kVariablePrefix = "DEEPER_OPTION_";

std::string_view Trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

std::vector<ConfiguredOption> ParseConfiguration(std::string_view text,
                                                 const std::filesystem::path& source,
                                                 const std::string& verb) {
  std::vector<ConfiguredOption> options;
  std::string section;
  std::size_t number = 0;
  for (const std::string_view whole : SplitLines(text)) {
    ++number;
    const std::string where = fmt::format("{}:{}", source.string(), number);
    const std::string_view line = Trimmed(whole);
    if (line.empty() || line.front() == '#') continue;
    if (line.front() == '[' && line.back() == ']') {
      section = Trimmed(line.substr(1, line.size() - 2));
      if (section.empty()) throw Error(where + ": expected a verb between [ and ], found none");
      continue;
    }
    const std::size_t equals = line.find('=');
    const std::string_view name = Trimmed(line.substr(0, equals));
    const std::string_view value =
        equals == std::string_view::npos ? "" : Trimmed(line.substr(equals + 1));
    if (name.empty() || value.empty() || name.starts_with('-')) {
      throw Error(fmt::format(
          "{}: expected 'option = value', '[verb]' or '# comment', found '{}'", where, line));
    }
    if (section.empty()) {
      throw Error(
          fmt::format("{}: '{}' stands before any section; expected '[{}]' or another verb "
                      "above it",
                      where,
                      name,
                      verb));
    }
    if (section == verb) {
      options.push_back({.name = std::string(name), .value = std::string(value), .where = where});
    }
  }
  return options;
}

std::vector<ConfiguredOption> ReadConfiguration(const std::filesystem::path& path,
                                                const std::string& verb) {
  return ParseConfiguration(ReadPlainText(path), path, verb);
}

std::string VariableOf(const std::string& option) {
  std::string variable = kVariablePrefix;
  for (const char c : option) {
    variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return variable;
}

std::vector<ConfiguredOption> ReadEnvironment(const std::vector<std::string>& names) {
  std::vector<ConfiguredOption> options;
  for (const std::string& name : names) {
    const std::string variable = VariableOf(name);
    const char* value = std::getenv(variable.c_str());  // NOLINT(concurrency-mt-unsafe): one thread
    if (value != nullptr && *value != '\0') {
      options.push_back({.name = name, .value = value, .where = variable});
    }
  }
  return options;
}

std::vector<std::string> UnknownVariables(const std::vector<std::string>& names) {
  std::set<std::string> known;
  for (const std::string& name : names) known.insert(VariableOf(name));
  std::vector<std::string> unknown;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    if (!variable.starts_with(kVariablePrefix)) continue;
    std::string name(variable.substr(0, variable.find('=')));
    if (!known.contains(name)) unknown.push_back(std::move(name));
  }
  std::ranges::sort(unknown);
  return unknown;
}

}  // namespace deeper::tools
