#include "core/class_index.h"

#include <unordered_set>

#include "core/error.h"
#include "core/text/nearest_name.h"

namespace deeper {

namespace {

// How many classes have each name.
std::unordered_map<std::string_view, std::size_t> CountsOfNames(const ClassTable& table) {
  std::unordered_map<std::string_view, std::size_t> counts;
  for (const ClassInfo& info : table.classes) ++counts[info.name];
  return counts;
}

}  // namespace

ClassIndex::ClassIndex(const ClassTable& table) {
  for (std::size_t i = 0; i < table.Size(); ++i) {
    const ClassInfo& info = table.classes[i];
    names_.push_back(info.name);
    if (!info.wordnet_id.empty()) by_wordnet_id_.emplace(info.wordnet_id, ClassAt(i));
    Named& named = by_name_[info.name];
    if (named.count++ == 0) named.first = ClassAt(i);
    if (info.wordnet_id.empty()) continue;
    named.wordnet_ids += (named.wordnet_ids.empty() ? "" : ", ") + info.wordnet_id;
  }
}

std::optional<ClassId> ClassIndex::Find(std::string_view name_or_wordnet_id) const {
  const std::string wanted(name_or_wordnet_id);
  const auto by_id = by_wordnet_id_.find(wanted);
  if (by_id != by_wordnet_id_.end()) return by_id->second;
  const auto named = by_name_.find(wanted);
  if (named == by_name_.end()) return std::nullopt;
  if (named->second.count == 1) return named->second.first;
  throw Error("class name '" + wanted + "' is that of " + std::to_string(named->second.count) +
              " classes; expected the WordNet id of one of them" +
              (named->second.wordnet_ids.empty() ? ", which they lack: rename them"
                                                 : ": " + named->second.wordnet_ids));
}

std::optional<ClassId> ClassIndex::Find(const ClassInfo& info) const {
  const auto by_id = by_wordnet_id_.find(info.wordnet_id);
  return by_id != by_wordnet_id_.end() ? by_id->second : Find(info.name);
}

bool ClassIndex::IsAmbiguous(std::string_view name) const {
  const std::string wanted(name);
  const auto named = by_name_.find(wanted);
  return named != by_name_.end() && named->second.count > 1 && !by_wordnet_id_.contains(wanted);
}

std::optional<std::string> ClassIndex::Nearest(std::string_view name) const {
  return NearestName(name, names_);
}

std::vector<std::string> DistinctNames(const ClassTable& table) {
  const auto counts = CountsOfNames(table);
  std::vector<std::string> names;
  std::unordered_set<std::string> seen;
  for (const ClassInfo& info : table.classes) {
    const bool is_shared = counts.at(info.name) > 1;
    names.push_back(is_shared && !info.wordnet_id.empty() ? info.wordnet_id : info.name);
    if (seen.insert(names.back()).second) continue;
    throw Error("class name '" + names.back() +
                "' is that of several classes that no WordNet id tells apart; rename them");
  }
  return names;
}

std::vector<std::string> NamesForPeople(const ClassTable& table) {
  const auto counts = CountsOfNames(table);
  std::vector<std::string> names;
  for (const auto& [name, wordnet_id] : table.classes) {
    const bool is_shared = counts.at(name) > 1 && !wordnet_id.empty();
    names.push_back(is_shared ? name + " (" + wordnet_id + ")" : name);
  }
  return names;
}

}  // namespace deeper
