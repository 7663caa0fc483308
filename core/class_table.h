#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace deeper {

// Position of a class in its ClassTable, from 0. Background is not a class.
enum class ClassId : int {};

constexpr std::size_t IndexOf(ClassId id) { return static_cast<std::size_t>(id); }
constexpr ClassId ClassAt(std::size_t index) { return static_cast<ClassId>(index); }

// One class: the name that people read, and its WordNet id ("n02672831") where it has one, else "".
struct ClassInfo {
  std::string name;
  std::string wordnet_id;

  bool operator==(const ClassInfo&) const = default;
};

// The classes of a data set or model, in the order of their ClassIds.
struct ClassTable {
  std::vector<ClassInfo> classes;

  std::size_t Size() const { return classes.size(); }
  // Expects id to be in the table.
  const std::string& Name(ClassId id) const { return classes.at(IndexOf(id)).name; }
  // The class with this WordNet id, else with this name; nothing when there is none. Both compare
  // exactly. Throws Error for a name that several classes have. ClassIndex is quicker for many.
  std::optional<ClassId> Find(std::string_view name_or_wordnet_id) const;

  bool operator==(const ClassTable&) const = default;
};

// A table of these names without WordNet ids. Throws Error on an empty or repeated name.
ClassTable ClassTableOf(const std::vector<std::string>& names);

// Sorts the classes by name, byte by byte. Returns the new ids: entry i is the new id of the class
// that was number i.
std::vector<ClassId> SortByName(ClassTable& table);

// The name in the table that is nearest to `name`, for "did you mean": see NearestName.
std::optional<std::string> NearestClassName(const ClassTable& table, std::string_view name);

}  // namespace deeper
