#pragma once

#include <source_location>
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

// We are wrong: a caller broke a stated precondition. Never caught to carry on.
class ContractViolation : public std::logic_error {
 public:
  explicit ContractViolation(const std::string& message) : std::logic_error(message) {}
};

// Throws ContractViolation naming the caller's file and line unless `condition` holds. On in every
// build; meant for the boundary of each folder, not for inner loops.
void Expects(bool condition,
             std::string_view what,
             std::source_location where = std::source_location::current());

}  // namespace deeper
