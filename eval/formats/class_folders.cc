#include "eval/formats/class_folders.h"

#include <algorithm>
#include <string>

#include "core/error.h"
#include "core/pictures/picture_files.h"
#include "core/pictures/picture_kinds.h"

namespace deeper {

namespace fs = std::filesystem;

Dataset ReadClassFolders(const fs::path& directory) {
  if (!fs::is_directory(directory)) {
    throw Error(directory.string() + ": expected a directory with a folder for each class");
  }
  std::vector<fs::path> folders;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    if (entry.is_directory() && !IsOfAnotherProgram(entry.path()) && !fs::is_empty(entry.path()))
      folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  Dataset dataset = {
      .name = directory.filename().string(), .classes = {}, .images = {}, .blacklist = {}};
  std::vector<std::string> names;
  for (const fs::path& folder : folders) {
    const std::string name = folder.filename().string();
    for (const Picture& picture : FindPictures({folder.string()})) {
      dataset.images.push_back({.id = name + "/" + picture.id,
                                .image_path = picture.path,
                                .annotations = {{.box = {}, .class_id = ClassAt(names.size())}}});
    }
    names.push_back(name);
  }
  dataset.classes = ClassTableOf(names);
  if (names.size() < 2) {
    throw Error(directory.string() + ": found " + std::to_string(names.size()) +
                " folders with pictures, expected one for each of at least two classes");
  }
  return dataset;
}

}  // namespace deeper
