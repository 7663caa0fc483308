#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "core/dataset.h"

namespace deeper {

// A picture to work on. `id` names it in result files and, with ".jpg" appended, in the directory
// of drawings. It is the path relative to the input that named the picture, without extension. It
// is always relative, without "..".
struct Picture {
  std::filesystem::path path;
  std::string id;
  // The path relative to the input that named the picture, with its extension; "" for none.
  std::string file_name = {};
};

// What was not taken of directories, for people.
struct PassedOver {
  std::size_t other_programs = 0;  // files and directories: IsOfAnotherProgram
  std::size_t other_files = 0;     // whose name does not end like a picture's
  // Directories that may not be entered, links to nothing, and links to directories: these are not
  // followed, since they may be loops.
  std::size_t unreadable = 0;
  std::size_t left_out = 0;  // files and directories: LookOptions::left_out
  std::string example;       // the path of one of them

  std::size_t Count() const { return other_programs + other_files + unreadable + left_out; }
};

struct LookOptions {
  bool with_videos = false;
  // Files and directories that are passed over below a directory, such as the program's own output.
  std::vector<std::filesystem::path> left_out = {};
};

struct FoundPictures {
  std::vector<Picture> pictures;
  PassedOver passed_over;
};

// The pictures that the words name, each once, sorted by id and path; the order of the words does
// not matter. A word is one of these:
// - a directory: every file below it whose name ends like a picture's, in any letter case
//   (core/pictures/picture_kinds.h), and with options.with_videos like a video's. Hidden ones and
//   those of other programs are passed over, and what lies behind links to directories;
// - a file: that file, whatever its name;
// - a pattern with *, ? or [...]: the files that match, as in the shell;
// - @FILE: the words in FILE, one per line; relative ones start at the list file's directory. A
//   word may stand in quotes, and "\" is "/" where no file has the literal name.
//
// Two pictures that would have the same id keep their extensions, and then get a number, to differ.
// Throws Error for a word that names nothing.
FoundPictures LookForPictures(const std::vector<std::string>& words,
                              const LookOptions& options = {});
std::vector<Picture> FindPictures(const std::vector<std::string>& words);

// The pictures below one directory, as LookForPictures finds them, which may be none.
FoundPictures FindPicturesBelow(const std::filesystem::path& directory);

// The file, relative to the directory of drawings, in which the picture of this id is drawn: the id
// with ".jpg" behind it. An id whose last part is too long for a file's name with that is cut and
// gets a digest of all of it.
std::filesystem::path DrawingFile(const std::string& id);

// The name `id` with the ending of the picture's file, where it has none: "a/b" and "x/b.JPG" give
// "a/b.JPG". "" without a file.
std::string NameWithEnding(const std::string& id, const std::filesystem::path& file);

// The pictures of a data set, under its ids.
std::vector<Picture> PicturesOf(const Dataset& dataset);

}  // namespace deeper
