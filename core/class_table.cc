#include "core/class_table.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "core/class_index.h"
#include "core/error.h"
#include "core/text/nearest_name.h"

namespace deeper {

std::optional<ClassId> ClassTable::Find(std::string_view name_or_wordnet_id) const {
  if (name_or_wordnet_id.empty()) return std::nullopt;
  std::optional<ClassId> of_name;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (classes[i].wordnet_id == name_or_wordnet_id) return ClassAt(i);
    if (classes[i].name != name_or_wordnet_id) continue;
    if (of_name) return ClassIndex(*this).Find(name_or_wordnet_id);  // which refuses it
    of_name = ClassAt(i);
  }
  return of_name;
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

std::vector<ClassId> SortByName(ClassTable& table) {
  const std::vector<ClassInfo> classes = table.classes;
  std::vector<std::size_t> order(classes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::string_view(classes[i].name); });
  std::vector<ClassId> new_ids(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    table.classes[i] = classes[order[i]];
    new_ids[order[i]] = ClassAt(i);
  }
  return new_ids;
}

std::optional<std::string> NearestClassName(const ClassTable& table, std::string_view name) {
  std::vector<std::string> names;
  for (const ClassInfo& info : table.classes) names.push_back(info.name);
  return NearestName(name, names);
}

}  // namespace deeper
