#include "core/error.h"

#include "core/out_of_range.h"

namespace deeper {

void ThrowContractViolation(std::string_view what,
                            const char* file,
                            int line,
                            const char* function) {
  throw ContractViolation(std::string(file) + ":" + std::to_string(line) + ": " + function + ": " +
                          std::string(what));
}

void RequireInRange(std::string_view field, double value, double low, double high) {
  if (value >= low && value <= high) return;
  throw OutOfRange(field, value, low, high);
}

}  // namespace deeper
