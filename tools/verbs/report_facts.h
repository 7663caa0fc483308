#pragma once

#include <filesystem>
#include <string>

#include "tools/options/command_line.h"

namespace deeper::tools {

// What a report says of how it was made, for people.

// "2026-12-01 14:05", local time; that of $SOURCE_DATE_EPOCH, in UTC, where that is set.
std::string MadeText();

std::string ProgramText();  // "deeper 0.1.0"

// "deeper evaluate --data 'my pictures'": the command as a shell reads it.
std::string CommandText(const std::string& verb, const Arguments& words);

// The files of the detectors that made the detections, as the run beside them says.
std::string ModelsText(const std::filesystem::path& detections);

}  // namespace deeper::tools
