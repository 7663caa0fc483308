#pragma once

#include <boost/program_options.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tools/options/configuration.h"

namespace deeper::tools {

// The place of what the user types.
inline constexpr const char* kCommandLine = "the command line";

// How the values of an option are known to people: the words, and where they stood.
struct GivenOption {
  std::vector<std::string> values;
  std::string where;  // "deeper.conf:7", "DEEPER_OPTION_WORKERS", kCommandLine
};
using GivenOptions = std::map<std::string, GivenOption>;  // by the option's long name

// Whether it is an option about the options, which belongs on the command line alone.
bool IsGeneral(const std::string& option);

// The options that stood on the command line. Values of options that have a list of them become the
// list's own: "BF16" becomes "bf16" in `parsed` too. Throws UsageError for a value that is none.
GivenOptions TakeWordsOf(boost::program_options::parsed_options& parsed,
                         const boost::program_options::options_description& options);

// Stores what a file or the environment gives beside what is in `values` already, which goes
// before. Throws UsageError, with the place, for an unknown option or a bad value.
void StoreConfigured(const std::vector<ConfiguredOption>& configured,
                     const boost::program_options::options_description& options,
                     boost::program_options::variables_map& values,
                     GivenOptions& given);

// Throws UsageError for a number below 0 where none can be: Boost reads "-1" as the largest one.
void RefuseNegative(const boost::program_options::options_description& options,
                    const GivenOptions& given);

// Of what a file gives the options that have this value anyway, and no other from elsewhere.
std::set<std::string> GivenAsDefault(const std::vector<ConfiguredOption>& configured,
                                     const boost::program_options::options_description& options,
                                     const GivenOptions& given);

// Every option of the verb with its value and where that comes from, as a file of configuration.
// defaults: what stands in place of the options' own; what is no option there is shown as a fact.
std::string DumpText(const std::string& verb,
                     const boost::program_options::options_description& options,
                     const GivenOptions& given,
                     const std::vector<ConfiguredOption>& defaults);

}  // namespace deeper::tools
