#include "eval/formats/voc_annotations.h"

#include <fmt/format.h>

#include <pugixml.hpp>
#include <sstream>
#include <string_view>
#include <vector>

#include "core/class_index.h"
#include "core/class_table.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/text/utf8.h"
#include "eval/formats/reading/one_based.h"
#include "eval/formats/reading/text_line.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

void AppendText(pugi::xml_node parent, const char* name, const std::string& text) {
  parent.append_child(name).text().set(text.c_str());
}

void AppendObject(pugi::xml_node annotation, const Label& label, const std::string& name) {
  pugi::xml_node object = annotation.append_child("object");
  AppendText(object, "name", name);
  AppendText(object, "truncated", label.truncated ? "1" : "0");
  AppendText(object, "difficult", label.difficult ? "1" : "0");
  pugi::xml_node box = object.append_child("bndbox");
  const std::string numbers = OneBasedText(label.box);
  const std::vector<std::string_view> fields = SplitFields(numbers);
  AppendText(box, "xmin", std::string(fields.at(0)));
  AppendText(box, "ymin", std::string(fields.at(1)));
  AppendText(box, "xmax", std::string(fields.at(2)));
  AppendText(box, "ymax", std::string(fields.at(3)));
}

std::string TextOf(const LabelledImage& image, const std::vector<std::string>& names) {
  pugi::xml_document document;
  pugi::xml_node annotation = document.append_child("annotation");
  AppendText(annotation, "filename", image.file_name.empty() ? image.id + ".jpg" : image.file_name);
  if (image.width > 0 && image.height > 0) {
    pugi::xml_node size = annotation.append_child("size");
    AppendText(size, "width", std::to_string(image.width));
    AppendText(size, "height", std::to_string(image.height));
    AppendText(size, "depth", "3");
  }
  for (const Label& label : image.labels) {
    AppendObject(annotation, label, names.at(IndexOf(label.class_id)));
  }
  std::ostringstream text;
  document.save(text, "  ", pugi::format_default | pugi::format_no_declaration);
  return text.str();
}

}  // namespace

std::string VocAnnotationText(const LabelledImage& image, const ClassTable& classes) {
  return TextOf(image, DistinctNames(classes));
}

void WriteVocAnnotations(const LabelledSet& labels, const fs::path& root, const std::string& set) {
  const std::vector<std::string> names = DistinctNames(labels.classes);
  std::string list;
  for (const LabelledImage& image : labels.images) {
    RequireInnerPath(image.id);
    if (image.id.find_first_of(" \t\r\n") != std::string::npos || !IsUtf8(image.id)) {
      throw Error(fmt::format(
          "picture '{}': VOC's lists have a word of UTF-8 a picture; use another format or rename "
          "the picture",
          WithoutInvalidUtf8(image.id)));
    }
    list += image.id + "\n";
  }
  for (const LabelledImage& image : labels.images) {
    WriteFileWhole(root / "Annotations" / (image.id + ".xml"), TextOf(image, names));
  }
  WriteFileWhole(root / "ImageSets" / "Main" / (set + ".txt"), list);
}

}  // namespace deeper
