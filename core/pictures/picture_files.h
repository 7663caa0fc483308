#pragma once

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
};

// The pictures that the words name, each once, sorted by id and path; the order of the words does
// not matter. A word is one of these:
// - a directory: every file below it whose name ends like a picture's (.jpg, .jpeg, .png, .bmp,
//   .webp, .tif, .tiff, .ppm, .pgm, .gif in either case);
// - a file: that file, whatever its name;
// - a pattern with *, ? or [...]: the files that match, as in the shell;
// - @FILE: the words in FILE, one per line; relative ones start at the list file's directory.
//
// Two pictures that would have the same id keep their extensions, and then get a number, to differ.
// Throws Error for a word that names nothing.
std::vector<Picture> FindPictures(const std::vector<std::string>& words);

// The pictures of a data set, under its ids.
std::vector<Picture> PicturesOf(const Dataset& dataset);

}  // namespace deeper
