#include "tools/options/option_help.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "core/files/file.h"
#include "tools/options/short_forms.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

// In characters.
constexpr std::size_t kNameColumn = 2;
constexpr std::size_t kTextColumn = 38;
constexpr std::size_t kWidth = 100;

// "-o, --output DIR (=deeper-out)"
std::string NamesOf(const po::option_description& option) {
  const std::optional<char> letter = ShortFormOf(option.long_name());
  std::string names = letter ? fmt::format("-{}, ", *letter) : "    ";
  names += fmt::format("--{}", option.long_name());
  const po::value_semantic& semantic = *option.semantic();
  if (semantic.max_tokens() > 0) names += fmt::format(" {}", semantic.name());
  return names;
}

// The text in lines that are no longer than `width`, unless a word is.
std::vector<std::string> Wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  for (const std::string_view word : SplitFields(text)) {
    std::string& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (line.size() + 1 + word.size() <= width) {
      line += " ";
      line += word;
    } else {
      lines.emplace_back(word);
    }
  }
  return lines;
}

}  // namespace

std::string GroupHelp(const std::string& heading, const po::options_description& group) {
  std::string text = fmt::format("{}:\n", heading);
  for (const auto& option : group.options()) {
    std::string line = std::string(kNameColumn, ' ') + NamesOf(*option);
    for (const std::string& part : Wrapped(option->description(), kWidth - kTextColumn)) {
      if (line.size() + 2 > kTextColumn) {
        text += line + "\n";
        line.clear();
      }
      line.resize(kTextColumn, ' ');
      text += line + part + "\n";
      line.clear();
    }
  }
  return text;
}

}  // namespace deeper::tools
