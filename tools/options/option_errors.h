#pragma once

#include <boost/program_options.hpp>
#include <stdexcept>
#include <string>

namespace deeper::tools {

// The command line itself is wrong. main() prints it with a hint at --help and exits with kUsage.
class UsageError : public std::runtime_error {
 public:
  explicit UsageError(const std::string& message) : std::runtime_error(message) {}
};

// "--count" is "count".
std::string WithoutDashes(const std::string& option);

// What Boost says, with the user's words as they stand.
std::string BoostText(boost::program_options::error_with_option_name& error);

// What Boost says of a value that it cannot read, and what would have done.
std::string BadValueText(boost::program_options::invalid_option_value& error,
                         const boost::program_options::options_description& options);

// Throws UsageError that names the nearest option. where: "deeper.conf:7: ", or "" for the command
// line, whose options are shown with dashes.
[[noreturn]] void ThrowUnknownOption(const boost::program_options::options_description& options,
                                     const std::string& unknown,
                                     const std::string& where);

}  // namespace deeper::tools
