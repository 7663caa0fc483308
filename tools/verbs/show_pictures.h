#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "core/image.h"
#include "core/pictures/read_image.h"
#include "eval/drawing/picture_marks.h"
#include "tools/run/written_files.h"

namespace deeper::tools {

// How shown pictures become files.
struct ShownFiles {
  std::string directory;
  bool sheets = false;  // sheet-1.jpg, ... of many pictures, in place of a file for each
  int columns = 4;      // of a sheet
  int rows = 5;         // of a sheet
  int tile_px = 320;    // side of a picture on a sheet
};

struct ShownPicture {
  Image image;
  std::string error;  // empty when all went well
};

struct ShownLook {
  // Side of a tile of a sheet, whose size a picture then already has, so that its labels can be
  // read; nothing: all its pixels.
  std::optional<int> tile_px;
  int line_px = 0;  // as in DrawingStyle
};

// The picture with its marks.
ShownPicture DrawShownPicture(const AnnotatedImage& picture,
                              const PictureMarks& marks,
                              const ShownLook& look,
                              const ReadImageOptions& reading);

// "000043  2 found, 1 false": the caption on a sheet.
std::string ShownCaption(const AnnotatedImage& picture, const PictureMarks& marks);

// Writes drawn pictures into files as they come.
class ShownPictureWriter {
 public:
  explicit ShownPictureWriter(ShownFiles files);

  void Add(const std::string& id, const std::string& caption, Image image);
  // Writes what the last sheet holds. To be called after the last picture.
  void Flush();

  // Where the next picture, of this id, goes.
  std::filesystem::path PlaceOf(const std::string& id) const;
  const FileNames& written() const { return written_; }
  const std::filesystem::path& first() const { return first_; }  // file

 private:
  void Write(const std::filesystem::path& path, const Image& image);

  ShownFiles files_;
  std::vector<Image> images_;
  std::vector<std::string> captions_;
  std::size_t sheets_ = 0;
  FileNames written_;
  std::filesystem::path first_;
};

}  // namespace deeper::tools
