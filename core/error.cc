#include "core/error.h"

namespace deeper {

void Expects(bool condition, std::string_view what, std::source_location where) {
  if (condition) return;
  throw ContractViolation(std::string(where.file_name()) + ":" + std::to_string(where.line()) +
                          ": " + where.function_name() + ": " + std::string(what));
}

}  // namespace deeper
