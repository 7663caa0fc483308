#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace deeper {

// The world is wrong: a missing file, a bad header, an unknown class, a bad option. The message
// says what was expected, what was found, where, and what to try. `tools/main.cc` prints it and
// exits with 1.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message) {}
};

// A result cannot be written: a full disk, a missing permission. No input is to blame, so work that
// skips bad inputs stops here.
class WriteError : public Error {
 public:
  using Error::Error;
};

// We are wrong: a caller broke a stated precondition. Never caught in order to carry on.
class ContractViolation : public std::logic_error {
 public:
  explicit ContractViolation(const std::string& message) : std::logic_error(message) {}
};

// Throws ContractViolation "<file>:<line>: <function>: <what>".
[[noreturn]] void ThrowContractViolation(std::string_view what,
                                         const char* file,
                                         int line,
                                         const char* function);

// Throws ContractViolation with the caller's file, line and function unless `condition` holds.
// Active in every build; meant for the boundary of each folder, not for inner loops. The builtins
// are those behind std::source_location, which clang 14 does not find in g++ 12's library.
inline void Expects(bool condition,
                    std::string_view what,
                    const char* file = __builtin_FILE(),
                    int line = __builtin_LINE(),
                    const char* function = __builtin_FUNCTION()) {
  if (!condition) ThrowContractViolation(what, file, line, function);
}

// Throws Error "<field> is <value>, expected <low> to <high>" unless low <= value <= high. NaN is
// never in range.
void RequireInRange(std::string_view field, double value, double low, double high);

}  // namespace deeper
