#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/class_table.h"

namespace deeper {

// Finds classes of a table, of which it keeps the names. Names are for people, and different
// classes may share one: ImageNet has two called "crane". So a WordNet id comes first. Const and
// safe from several threads.
class ClassIndex {
 public:
  explicit ClassIndex(const ClassTable& table);

  // The class with this WordNet id, else with this name; nothing when there is none. Both compare
  // exactly. Throws Error for a name that several classes have.
  std::optional<ClassId> Find(std::string_view name_or_wordnet_id) const;
  // The class that another table describes so: with its WordNet id, else found by its name.
  std::optional<ClassId> Find(const ClassInfo& info) const;
  // Whether several classes have this name and none has it as its WordNet id.
  bool IsAmbiguous(std::string_view name) const;

  std::size_t Size() const { return names_.size(); }
  // As NearestClassName.
  std::optional<std::string> Nearest(std::string_view name) const;

 private:
  struct Named {
    ClassId first{};
    std::string wordnet_ids;  // of all classes of the name, for people
    std::size_t count = 0;
  };
  std::unordered_map<std::string, ClassId> by_wordnet_id_;
  std::unordered_map<std::string, Named> by_name_;
  std::vector<std::string> names_;
};

// What files name the classes by: a name each, or the WordNet id where other classes have the same
// name. Throws Error for classes that this does not tell apart.
std::vector<std::string> DistinctNames(const ClassTable& table);
// What people read: a name each, with the WordNet id behind it where other classes have the same
// name: "crane (n02012849)".
std::vector<std::string> NamesForPeople(const ClassTable& table);

}  // namespace deeper
