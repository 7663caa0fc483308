#include "core/other_recipe.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <utility>

namespace deeper {

namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

Lines LinesOf(std::string_view recipe) {
  Lines lines;
  while (!recipe.empty()) {
    const std::string_view line = recipe.substr(0, recipe.find('\n'));
    recipe.remove_prefix(std::min(line.size() + 1, recipe.size()));
    if (line.empty()) continue;
    const std::size_t blank = line.find(' ');
    lines.emplace_back(line.substr(0, blank),
                       blank == std::string_view::npos ? "" : line.substr(blank + 1));
  }
  return lines;
}

// The value of the `which`-th line of this name, from 0.
std::optional<std::string> ValueIn(const Lines& lines, const std::string& name, std::size_t which) {
  for (const auto& [known, value] : lines) {
    if (known == name && which-- == 0) return value;
  }
  return std::nullopt;
}

bool LooksLikeDigest(const std::optional<std::string>& value) {
  constexpr std::size_t kDigits = 16;
  return value && value->size() >= kDigits &&
         std::ranges::all_of(*value, [](unsigned char c) { return std::isxdigit(c) != 0; });
}

std::string TextOf(const std::vector<RecipeDifference>& differences) {
  std::string text;
  for (const RecipeDifference& difference : differences) text += "\n  " + TextOf(difference);
  return text;
}

}  // namespace

bool RecipeDifference::IsDigest() const { return LooksLikeDigest(there) || LooksLikeDigest(now); }

std::vector<RecipeDifference> DifferencesOf(std::string_view there, std::string_view now) {
  const Lines old_lines = LinesOf(there);
  const Lines new_lines = LinesOf(now);
  std::vector<RecipeDifference> differences;
  const auto add = [&](const Lines& lines, bool only_there) {
    std::map<std::string, std::size_t> seen;
    for (const auto& [name, value] : lines) {
      const std::size_t which = seen[name]++;
      RecipeDifference difference = {.name = name,
                                     .there = ValueIn(old_lines, name, which),
                                     .now = ValueIn(new_lines, name, which)};
      if (difference.there == difference.now || (only_there && difference.now)) continue;
      if (std::ranges::count(differences, difference) > 0) continue;
      differences.push_back(std::move(difference));
    }
  };
  add(new_lines, false);
  add(old_lines, true);
  return differences;
}

std::string TextOf(const RecipeDifference& difference) {
  const auto& [name, there, now] = difference;
  if (there && now && difference.IsDigest()) return "another " + name;
  const auto is_on = [](const std::optional<std::string>& value) {
    return value && (*value == "yes" || value->empty());
  };
  const auto is_off = [](const std::optional<std::string>& value) {
    return !value || *value == "no";
  };
  if (is_on(there) && is_off(now)) return "with " + name + ", now without";
  if (is_off(there) && is_on(now)) return "without " + name + ", now with it";
  const auto text_of = [&](const std::optional<std::string>& value) {
    return value && !difference.IsDigest() ? *value : value ? "one" : "none";
  };
  return name + " " + text_of(there) + ", now " + text_of(now);
}

OtherRecipe::OtherRecipe(const std::string& found,
                         std::vector<RecipeDifference> differences,
                         const std::string& advice)
    : Error(found + "; it differs in" + TextOf(differences) + "\n" + advice),
      found_(found),
      differences_(std::move(differences)),
      advice_(advice) {}

void RequireRecipe(std::string_view there,
                   std::string_view now,
                   const std::string& found,
                   const std::string& advice) {
  if (there == now) return;
  throw OtherRecipe(found, DifferencesOf(there, now), advice);
}

}  // namespace deeper
