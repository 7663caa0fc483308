#pragma once

#include <filesystem>
#include <optional>

#include "tools/run/detection_results.h"
#include "tools/run/journal.h"

namespace deeper::tools {

// What a directory of results keeps of the run that made them: its whole journal,
// "finished-journal.jsonl". The same run repeated goes on from it and has nothing left to do, so
// that other formats, drawings and scores are made of what it found.
inline constexpr const char* kFinishedRunName = "finished-journal.jsonl";

// What it says the run was; nothing where there is none, or a damaged one.
std::optional<RunRecord> FinishedRunIn(const std::filesystem::path& output);

// What the detections at this path, a file or directory of results, were asked to be, by the
// finished run beside them; nothing where there is none.
std::optional<DetectionResults> FinishedResultsOf(const std::filesystem::path& detections);

// Makes the finished run in `output` the journal to go on from, if it is the same run as `run` and
// there is no journal yet. Returns whether it did.
bool TakeUpFinishedRun(const std::filesystem::path& output,
                       const std::filesystem::path& journal,
                       const RunRecord& run);

// Writes it, whole or not at all. Throws WriteError.
void KeepFinishedRun(const std::filesystem::path& output,
                     const RunRecord& run,
                     const JournalEntries& entries);

// Removes it: the results there are to be another run's.
void ForgetFinishedRun(const std::filesystem::path& output);

}  // namespace deeper::tools
