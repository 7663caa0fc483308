#pragma once

#include <boost/program_options.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/error.h"

namespace deeper::tools {

// Exit statuses of the program, as its --help states them.
enum ExitStatus : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kSomeInputsFailed = 3,
  kTargetMissed = 4,
  kInternalError = 70,
  kInterrupted = 130,
  kTerminated = 143,
};

// The command line itself is wrong. main() prints it with a hint at --help and exits with kUsage.
class UsageError : public std::runtime_error {
 public:
  explicit UsageError(const std::string& message) : std::runtime_error(message) {}
};

// The command line of one verb: what it takes, and its help with the examples first.
class CommandLine {
 public:
  // verb: "detect" or "train svm". examples: whole lines.
  CommandLine(std::string verb, std::string purpose, std::vector<std::string> examples);

  // To add options to, under this heading: Group("Input").add_options()("data", ...). The reference
  // stays valid.
  boost::program_options::options_description& Group(const std::string& heading);

  // Takes words that are no options into the option `name`; `shown` is how the usage line shows
  // them ("PICTURE..."). Without a call, such words are refused.
  void TakeWords(const std::string& name, const std::string& shown);

  // Parses `arguments`. Prints the help to stdout and returns false when it was asked for; the verb
  // is then done. Throws UsageError for an unknown option (naming the nearest one), a repeated or
  // misspelt one, a bad value, a stray word.
  bool Parse(const std::vector<std::string>& arguments);

  // Whether the option stood on the command line.
  bool Given(const std::string& name) const;

  std::string Help() const;

 private:
  boost::program_options::options_description AllOptions() const;

  std::string verb_;
  std::string purpose_;
  std::vector<std::string> examples_;
  std::vector<std::unique_ptr<boost::program_options::options_description>> groups_;
  boost::program_options::positional_options_description words_;
  std::string words_name_;
  std::string words_shown_;
  boost::program_options::variables_map values_;
};

// Throws UsageError naming the option unless low <= value <= high (NaN never is).
void CheckRange(const char* option, double value, double low, double high);

// What `read` gives, for values that are read by their names; an Error out of it becomes a
// UsageError that names the option.
template <typename Read>
auto ValueOf(const char* option, const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    throw UsageError("--" + std::string(option) + ": " + error.what());
  }
}

// The parts of `text` between commas; empty parts are an error naming `option`.
std::vector<std::string> SplitAtCommas(const char* option, const std::string& text);

}  // namespace deeper::tools
