#include "core/error.h"

namespace deeper {

void ThrowContractViolation(std::string_view what,
                            const char* file,
                            int line,
                            const char* function) {
  throw ContractViolation(std::string(file) + ":" + std::to_string(line) + ": " + function + ": " +
                          std::string(what));
}

}  // namespace deeper
