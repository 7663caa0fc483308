#include "core/program_version.h"

namespace deeper {

std::string ProgramVersion() { return DEEPER_VERSION; }

std::string ResultsVersionText() {
  return "deeper " + ProgramVersion() + ", results " + std::to_string(kResultsVersion);
}

}  // namespace deeper
