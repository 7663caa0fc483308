#include "core/error.h"

namespace deeper {

void Expects(
    bool condition, std::string_view what, const char* file, int line, const char* function) {
  if (condition) return;
  throw ContractViolation(std::string(file) + ":" + std::to_string(line) + ": " + function + ": " +
                          std::string(what));
}

}  // namespace deeper
