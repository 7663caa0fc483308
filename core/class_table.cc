#include "core/class_table.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "core/error.h"

namespace deeper {
namespace {

// Levenshtein's distance: the fewest insertions, deletions and substitutions of single bytes.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);  // distances of a's prefix to all prefixes of b
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::optional<ClassId> ClassTable::Find(std::string_view name_or_wordnet_id) const {
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (classes[i].name == name_or_wordnet_id) return ClassAt(i);
  }
  if (name_or_wordnet_id.empty()) return std::nullopt;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (classes[i].wordnet_id == name_or_wordnet_id) return ClassAt(i);
  }
  return std::nullopt;
}

ClassTable ClassTableOf(const std::vector<std::string>& names) {
  ClassTable table;
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    if (name.empty()) {
      throw Error("class " + std::to_string(table.Size() + 1) + " of " +
                  std::to_string(names.size()) + " has an empty name; every class needs one");
    }
    if (!seen.insert(name).second) {
      throw Error("class name '" + name + "' is listed twice; every class needs its own name");
    }
    table.classes.push_back({.name = name, .wordnet_id = {}});
  }
  return table;
}

std::optional<std::string> NearestClassName(const ClassTable& table, std::string_view name) {
  std::optional<std::string> nearest;
  std::size_t least = 0;
  for (const ClassInfo& info : table.classes) {
    const std::size_t distance = EditDistance(info.name, name);
    if (3 * distance > std::max(info.name.size(), name.size())) continue;
    if (nearest && distance >= least) continue;
    nearest = info.name;
    least = distance;
  }
  return nearest;
}

}  // namespace deeper
