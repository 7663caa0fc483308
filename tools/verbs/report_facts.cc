#include "tools/verbs/report_facts.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <optional>

#include "tools/run/detection_results.h"
#include "tools/run/finished_run.h"

namespace deeper::tools {

namespace fs = std::filesystem;

std::string MadeText() {
  constexpr const char* kPattern = "{:%Y-%m-%d %H:%M}";
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment
  if (const char* epoch = std::getenv("SOURCE_DATE_EPOCH")) {
    return fmt::format(kPattern, fmt::gmtime(std::strtoll(epoch, nullptr, 10)));
  }
  return fmt::format(kPattern, fmt::localtime(std::time(nullptr)));
}

std::string ProgramText() { return "deeper " DEEPER_VERSION; }

std::string CommandText(const std::string& verb, const Arguments& words) {
  std::string text = "deeper " + verb;
  for (const std::string& word : words) {
    const bool is_plain =
        !word.empty() && word.find_first_of(" \t\n\"'\\$&|;<>()*?[]#~`!") == std::string::npos;
    text += " ";
    if (is_plain) {
      text += word;
      continue;
    }
    text += "'";
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += "'";
  }
  return text;
}

std::string ModelsText(const fs::path& detections) {
  constexpr const char* kUnknown = "not known: no run of 'deeper detect' stands beside the results";
  const std::optional<DetectionResults> results = FinishedResultsOf(detections);
  return !results || results->models.empty() ? kUnknown
                                             : fmt::format("{}", fmt::join(results->models, ", "));
}

}  // namespace deeper::tools
