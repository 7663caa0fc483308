#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace deeper {

// Finds the picture that a file of annotations names, below a directory, however the program that
// wrote it names pictures.
class PictureFinder {
 public:
  explicit PictureFinder(std::filesystem::path directory);

  // The first of these that is a file:
  // 1. `name` itself, below the directory unless it is absolute;
  // 2. with "/" for "\", and with %XY as bytes;
  // 3. the only picture below the directory whose path is `name` without regard to endings: "a" or
  //    "a.jpg" finds "a.JPEG";
  // 4. the only one whose file name is the last part of `name`, likewise;
  // 5. the only one that Label Studio stores under the last part of `name` when it is uploaded:
  //    "0f3c9a2e-my_cat.jpg" finds "my cat.jpg".
  // Of two in one directory that differ in their ending alone, the more usual ending counts.
  // Nothing when there is none. The directory is listed when step 3 is first reached.
  std::optional<std::filesystem::path> Find(std::string_view name);

 private:
  using Index = std::unordered_map<std::string, std::optional<std::filesystem::path>>;

  void List();

  std::filesystem::path directory_;
  bool is_listed_ = false;
  // By path, by last part, and by the last part as it is stored; all without ending. Nothing where
  // several share it.
  Index by_path_;
  Index by_last_part_;
  Index by_stored_name_;
};

}  // namespace deeper
