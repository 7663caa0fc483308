#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace deeper::tools {

// An option that a configuration file or the environment gives a verb.
struct ConfiguredOption {
  std::string name;   // "max-proposals"
  std::string value;  // as it stands there, without blanks around it
  std::string where;  // for people: "deeper.conf:7" or "DEEPER_OPTION_WORKERS"

  bool operator==(const ConfiguredOption&) const = default;
};

// The options under "[verb]" of a configuration file, in its order:
//     # a comment, on a line of its own
//     [detect]
//     workers = 4
//     output = found here
//     no-drawings = true
// Sections of other verbs are passed over; a "[train svm]" is of that verb alone. Throws Error that
// names the line for anything else, for an option before any section and for an empty value.
std::vector<ConfiguredOption> ParseConfiguration(std::string_view text,
                                                 const std::filesystem::path& source,
                                                 const std::string& verb);
std::vector<ConfiguredOption> ReadConfiguration(const std::filesystem::path& path,
                                                const std::string& verb);

// The variable of the environment that gives an option: DEEPER_OPTION_MAX_PROPOSALS for
// "max-proposals".
std::string VariableOf(const std::string& option);

// Those of these options that the environment gives. Empty variables count as not given.
std::vector<ConfiguredOption> ReadEnvironment(const std::vector<std::string>& names);

// The environment's variables DEEPER_OPTION_... that give none of these options, sorted.
std::vector<std::string> UnknownVariables(const std::vector<std::string>& names);

}  // namespace deeper::tools
