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

// What is wrong with an option or its value, and what would have done: "--count is '1.5', expected
// a whole number". The option stands in it once, the user's words as they are.
std::string TextOf(boost::program_options::error_with_option_name& error,
                   const boost::program_options::options_description& options);

// Throws UsageError that names the option that does what other programs mean by this word, or the
// nearest option. unknown: with its dashes, where it has them. where: "deeper.conf:7: ", or "" for
// the command line, whose options are shown with dashes.
[[noreturn]] void ThrowUnknownOption(const boost::program_options::options_description& options,
                                     const std::string& unknown,
                                     const std::string& where);

}  // namespace deeper::tools
