#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace deeper::tools {

// The directory of a verb's results has a list of them, "written.json", from the runs that finished
// last, by verb: {"detect": ["detections.jsonl", "drawings/a.jpg", ...]}, relative to the directory
// and sorted. By it the next run tells what is this program's from what is not.
inline constexpr const char* kWrittenFilesName = "written.json";

using FileNames = std::set<std::string>;

// What the list names, of all verbs; nothing where there is no list. Throws Error for a file of its
// name that is none.
FileNames WrittenFiles(const std::filesystem::path& directory);

// Throws Error that names one of the files `found` in the directory, unless it is `planned`, so
// that it will be replaced, or on the list.
void RequireNoOthers(const std::filesystem::path& directory,
                     const FileNames& found,
                     const FileNames& planned);

// Makes `written` all that the directory has of the verb's finished runs: removes what the list
// names besides, says on stderr how many files those are, and writes the list. Throws WriteError.
void KeepOnly(const std::filesystem::path& directory,
              const std::string& verb,
              const FileNames& written);

}  // namespace deeper::tools
