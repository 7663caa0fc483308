#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"
#include "core/file.h"
#include "eval/float_text.h"
#include "eval/results.h"
#include "eval/utf8.h"

namespace deeper {
namespace {

std::string Quoted(const std::string& text) {
  return nlohmann::json(WithoutInvalidUtf8(text)).dump();
}

// Elements between brackets, one a line.
class JsonList {
 public:
  void Add(const std::string& element) { text_ += (text_.empty() ? "" : ",\n") + element; }
  std::string Text() const { return "[\n" + text_ + "\n]"; }

 private:
  std::string text_;
};

}  // namespace

void WriteCoco(const DetectionSet& detections, const std::filesystem::path& path) {
  JsonList categories;
  for (std::size_t i = 0; i < detections.classes.Size(); ++i) {
    categories.Add(fmt::format(
        R"({{"id": {}, "name": {}}})", i + 1, Quoted(detections.classes.Name(ClassAt(i)))));
  }
  JsonList images;
  JsonList annotations;
  std::size_t annotation_id = 0;
  for (std::size_t i = 0; i < detections.images.size(); ++i) {
    const ImageDetections& image = detections.images[i];
    images.Add(fmt::format(R"({{"id": {}, "file_name": {}, "width": {}, "height": {}}})",
                           i + 1,
                           Quoted(image.id),
                           image.width,
                           image.height));
    for (const Detection& detection : image.detections) {
      Expects(IndexOf(detection.class_id) < detections.classes.Size(),
              "a detection's class is in its table");
      const Box& box = detection.box;
      annotations.Add(fmt::format(
          R"({{"id": {}, "image_id": {}, "category_id": {}, "bbox": [{}, {}, {}, {}], "area": {}, "iscrowd": 0, "score": {}}})",
          ++annotation_id,
          i + 1,
          IndexOf(detection.class_id) + 1,
          FloatText(box.x0),
          FloatText(box.y0),
          FloatText(box.Width()),
          FloatText(box.Height()),
          FloatText(static_cast<float>(Area(box))),
          FloatText(detection.score)));
    }
  }
  WriteFileWhole(path,
                 fmt::format("{{\"images\": {},\n\"categories\": {},\n\"annotations\": {}}}\n",
                             images.Text(),
                             categories.Text(),
                             annotations.Text()));
}

}  // namespace deeper
