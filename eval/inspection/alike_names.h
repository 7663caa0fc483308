#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace deeper {

// What stays of a name in UTF-8 when all is taken from it that people write in several ways or
// overlook: letter case, blanks, "_", "-" and other ASCII signs, accents, whether composed or not,
// full-width forms, and letters of Greek and Cyrillic that look like Latin ones. "Hot_Dog" and
// "hotdog" give "hotdog". Bytes that are not UTF-8 stay as they are.
std::string LooksOf(std::string_view name);

// The pairs of names, the earlier first, that look like one another: of equal LooksOf, of one that
// is the other with "s" or "es" behind it, or, of six letters or more, of one letter left out,
// added, changed or swapped with its neighbour. Names that differ in a digit are told apart.
std::vector<std::pair<std::string, std::string>> FindAlikeNames(
    const std::vector<std::string>& names);

}  // namespace deeper
