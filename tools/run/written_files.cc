#include "tools/run/written_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"
#include "core/files/path_kind.h"
#include "core/text/json_line.h"
#include "core/text/quantities.h"
#include "eval/formats/reading/labels.h"

namespace deeper::tools {

namespace fs = std::filesystem;

namespace {

// Removes the directories above a removed file that became empty, up to `root`.
void RemoveEmptyAbove(const fs::path& file, const fs::path& root) {
  std::error_code not_empty;
  for (fs::path place = file.parent_path(); place != root && place.has_relative_path();
       place = place.parent_path()) {
    if (!fs::remove(place, not_empty)) return;
  }
}

using FilesByVerb = std::map<std::string, FileNames>;

FilesByVerb ReadList(const fs::path& directory) {
  const fs::path list = directory / kWrittenFilesName;
  if (!Exists(list)) return {};
  FilesByVerb files;
  try {
    const nlohmann::ordered_json json = JsonOf(ReadTextFile(list));
    for (const auto& [verb, names] : json.items()) {
      for (const nlohmann::ordered_json& name : names) files[verb].insert(name.get<std::string>());
    }
  } catch (const nlohmann::json::exception&) {
    throw Error(fmt::format(
        "{}: expected the list of result files that 'deeper' writes, found something else; remove "
        "it, or name another directory",
        list.string()));
  }
  for (const auto& [verb, names] : files) {
    for (const std::string& name : names) RequireInnerPath(name);
  }
  return files;
}

}  // namespace

FileNames WrittenFiles(const fs::path& directory) {
  FileNames all;
  for (auto& [verb, names] : ReadList(directory)) all.merge(names);
  return all;
}

void RequireNoOthers(const fs::path& directory, const FileNames& found, const FileNames& planned) {
  const FileNames written = WrittenFiles(directory);
  for (const std::string& name : found) {
    if (planned.contains(name) || written.contains(name)) continue;
    throw Error(fmt::format(
        "{}: would lie among the results of this run, and is of another; remove it, or name "
        "another directory in --output",
        (directory / name).string()));
  }
}

void KeepOnly(const fs::path& directory, const std::string& verb, const FileNames& written) {
  FilesByVerb files = ReadList(directory);
  const FileNames earlier = std::exchange(files[verb], written);
  std::size_t removed = 0;
  for (const std::string& name : earlier) {
    const auto has_name = [&](const auto& entry) { return entry.second.contains(name); };
    if (std::ranges::any_of(files, has_name)) continue;
    const fs::path path = directory / name;
    std::error_code code;
    if (fs::remove(path, code)) ++removed;
    if (code) {
      throw WriteError(fmt::format(
          "{}: cannot remove a file of an earlier run: {}", path.string(), code.message()));
    }
    RemoveEmptyAbove(path, directory);
  }
  if (removed > 0) {
    fmt::print(stderr,
               "{}: removed {} of an earlier run\n",
               directory.string(),
               Counted(removed, "files"));
  }
  WriteFileWhole(directory / kWrittenFilesName, LineOf(files) + "\n");
}

}  // namespace deeper::tools
