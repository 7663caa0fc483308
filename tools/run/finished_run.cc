#include "tools/run/finished_run.h"

#include <system_error>

#include "core/error.h"
#include "core/files/file.h"
#include "core/files/path_kind.h"

namespace deeper::tools {

namespace fs = std::filesystem;

std::optional<RunRecord> FinishedRunIn(const fs::path& output) {
  const fs::path finished = output / kFinishedRunName;
  if (!Exists(finished)) return std::nullopt;
  try {
    return ReadRunRecord(finished);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<DetectionResults> FinishedResultsOf(const fs::path& detections) {
  fs::path output = IsDirectory(detections) ? detections : detections.parent_path();
  for (int above = 0; above < 2; ++above) {  // VOC's files lie in a directory of their own
    if (output.empty()) output = ".";
    if (const std::optional<RunRecord> run = FinishedRunIn(output)) {
      return DetectionResultsFrom(run->results, (output / kFinishedRunName).string());
    }
    output = output.parent_path();
  }
  return std::nullopt;
}

bool TakeUpFinishedRun(const fs::path& output, const fs::path& journal, const RunRecord& run) {
  const fs::path finished = output / kFinishedRunName;
  const std::optional<RunRecord> earlier = FinishedRunIn(output);
  if (!earlier || Exists(journal) || !IsSameRun(*earlier, run)) return false;
  std::error_code taken_by_another;
  fs::rename(finished, journal, taken_by_another);
  return !taken_by_another;
}

void KeepFinishedRun(const fs::path& output, const RunRecord& run, const JournalEntries& entries) {
  WriteFileWhole(output / kFinishedRunName, JournalText(run, entries));
}

void ForgetFinishedRun(const fs::path& output) {
  std::error_code absent;
  fs::remove(output / kFinishedRunName, absent);
}

}  // namespace deeper::tools
