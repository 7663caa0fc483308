#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/dataset.h"

namespace deeper::tools {

// A picture to work on. `id` names it in result files and, with ".jpg" behind, in the directory of
// drawings. It is the path relative to the input that named it, without extension and without "..".
struct Picture {
  std::filesystem::path path;
  std::string id;
};

// The pictures that the words name, each of them once, sorted by id and path, so that the order of
// the words does not matter:
// - a directory: every file below it whose name ends like a picture's (.jpg, .jpeg, .png, .bmp,
//   .webp, .tif, .tiff, .ppm, .pgm, .gif in either case);
// - a file: that file, whatever its name;
// - a pattern with *, ? or [...]: the files that match, as in the shell;
// - @FILE: the words in FILE, one per line; relative ones count from the list file's directory.
// Two pictures that would have the same id keep their extensions, and then a number, to stay apart.
// Throws Error for a word that names nothing.
std::vector<Picture> FindPictures(const std::vector<std::string>& words);

// The pictures of a data set, under its ids.
std::vector<Picture> PicturesOf(const Dataset& dataset);

}  // namespace deeper::tools
