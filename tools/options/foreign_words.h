#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace deeper::tools {

// Words of other programs for what this one calls otherwise.

// Of an option of another program, without dashes: which of these options does that here, or why
// none does. For people, to stand behind "unknown option '--conf'; ". Capitals, and _ for -, make
// no difference. Nothing for a word that is not known.
std::optional<std::string> ForeignOptionHint(std::string_view option,
                                             const std::vector<std::string>& known);

// The verb here of a verb elsewhere, with its second word where it has one: "detect" of "predict",
// "model export" of "export". Nothing for a word that is not known.
std::optional<std::string> ForeignVerb(std::string_view verb);

}  // namespace deeper::tools
