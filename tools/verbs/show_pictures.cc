#include "tools/verbs/show_pictures.h"

#include <fmt/format.h>

#include <utility>

#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/picture_files.h"
#include "core/pictures/read_image.h"
#include "detector/regions/crop.h"
#include "eval/drawing/contact_sheet.h"
#include "eval/drawing/draw.h"
#include "eval/drawing/draw_thumbnail.h"
#include "eval/formats/reading/labels.h"

namespace deeper::tools {

namespace fs = std::filesystem;

namespace {

Image DrawMarked(const Image& image, std::vector<Mark> marks, const ShownLook& look) {
  if (!look.tile_px) return DrawMarks(image, marks, look.line_px);
  const Thumbnail tile = MakeThumbnail(image, WholeImageBox(image), *look.tile_px);
  for (Mark& mark : marks) {
    for (float Box::*side : {&Box::x0, &Box::y0, &Box::x1, &Box::y1}) {
      mark.box.*side *= static_cast<float>(tile.scale);
    }
  }
  return DrawMarks(tile.image, marks, look.line_px);
}

}  // namespace

ShownPicture DrawShownPicture(const AnnotatedImage& picture,
                              const PictureMarks& marks,
                              const ShownLook& look,
                              const ReadImageOptions& reading) {
  try {
    if (picture.image_path.empty()) {
      return {.image = {},
              .error = fmt::format("{}: the data set names no picture file; name their directory "
                                   "in --data",
                                   picture.id)};
    }
    return {.image = DrawMarked(ReadImage(picture.image_path, reading), marks.marks, look),
            .error = ""};
  } catch (const Error& error) {
    return {.image = {}, .error = error.what()};
  }
}

std::string ShownCaption(const AnnotatedImage& picture, const PictureMarks& marks) {
  std::string caption = fmt::format("{}  {} found", picture.id, marks.found);
  const auto add = [&](std::size_t count, const char* what) {
    if (count > 0) caption += fmt::format(", {} {}", count, what);
  };
  add(marks.false_positive, "false");
  add(marks.duplicate, "twice");
  add(marks.missed, "missed");
  return caption;
}

ShownPictureWriter::ShownPictureWriter(ShownFiles files) : files_(std::move(files)) {}

void ShownPictureWriter::Add(const std::string& id, const std::string& caption, Image image) {
  if (!files_.sheets) {
    RequireInnerPath(id);
    Write(PlaceOf(id), image);
    return;
  }
  images_.push_back(std::move(image));
  captions_.push_back(caption);
  if (images_.size() == static_cast<std::size_t>(files_.columns * files_.rows)) Flush();
}

void ShownPictureWriter::Flush() {
  if (images_.empty()) return;
  Write(
      PlaceOf(""),
      MakeContactSheet(images_, captions_, {.columns = files_.columns, .tile_px = files_.tile_px}));
  ++sheets_;
  images_.clear();
  captions_.clear();
}

fs::path ShownPictureWriter::PlaceOf(const std::string& id) const {
  const fs::path file =
      files_.sheets ? fs::path(fmt::format("sheet-{}.jpg", sheets_ + 1)) : DrawingFile(id);
  return fs::path(files_.directory) / file;
}

void ShownPictureWriter::Write(const fs::path& path, const Image& image) {
  WriteFileWhole(path, EncodeJpeg(image));
  if (written_.empty()) first_ = path;
  written_.insert(path.lexically_relative(files_.directory).string());
}

}  // namespace deeper::tools
