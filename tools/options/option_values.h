#pragma once

#include <string>
#include <vector>

#include "core/error.h"
#include "core/out_of_range.h"
#include "tools/options/option_errors.h"

namespace deeper::tools {

// The option of a field of the library's options, without dashes: it is named like the field with -
// for _, or as the program has it.
std::string OptionOf(std::string field);

// Throws UsageError that names the option unless low <= value <= high (NaN never is).
void CheckRange(const char* option, double value, double low, double high);

// Throws UsageError that says the same of the field's option.
[[noreturn]] void ThrowOutOfRange(const OutOfRange& error);

// Validates options of the library. A field out of range becomes a UsageError that names the
// option; what else is wrong stays an Error.
template <typename Options>
void CheckOptions(const Options& options) {
  try {
    options.Validate();
  } catch (const OutOfRange& error) {
    ThrowOutOfRange(error);
  }
}

// What `read` returns, for values that are read by their names. An Error out of it becomes a
// UsageError that names the option.
template <typename Read>
auto ValueOf(const char* option, const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    throw UsageError("--" + std::string(option) + ": " + error.what());
  }
}

// The parts of `text` between commas, without blanks around them. A part that holds commas stands
// in double quotes. Throws UsageError that names the option for an empty part.
std::vector<std::string> SplitAtCommas(const char* option, const std::string& text);

}  // namespace deeper::tools
