#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace deeper {

// What is kept to go on from says what it depends on: its recipe, a text with a line "name value"
// for each, such as "max_proposals 200". The names are fields of options, or facts of this program:
// "network" with a digest of its weights. Values of fields that are switches are yes and no.

// A line in which two recipes differ. A name that stands in several lines counts in their order.
struct RecipeDifference {
  std::string name;
  std::optional<std::string> there;  // nothing: the recipe has no such line
  std::optional<std::string> now;

  // Whether the values are digests, which say nothing to people.
  bool IsDigest() const;

  bool operator==(const RecipeDifference&) const = default;
};

// In the order of the lines now, then those that are only there; each once.
std::vector<RecipeDifference> DifferencesOf(std::string_view there, std::string_view now);

// For people: "max_proposals 200, now 100", "another network", "with mirror, now without".
std::string TextOf(const RecipeDifference& difference);

// What is there is of another recipe. A program whose users know the fields by other names tells
// them the same with those.
class OtherRecipe : public Error {
 public:
  // found: "features/: holds features of another recipe". advice: "Use another directory."
  OtherRecipe(const std::string& found,
              std::vector<RecipeDifference> differences,
              const std::string& advice);

  const std::string& found() const { return found_; }
  const std::vector<RecipeDifference>& differences() const { return differences_; }
  const std::string& advice() const { return advice_; }

 private:
  std::string found_;
  std::vector<RecipeDifference> differences_;
  std::string advice_;
};

// Throws OtherRecipe unless the recipes are the same.
void RequireRecipe(std::string_view there,
                   std::string_view now,
                   const std::string& found,
                   const std::string& advice);

}  // namespace deeper
