#include "eval/formats/cvat.h"

#include <fmt/format.h>

#include <pugixml.hpp>
#include <string>

#include "core/error.h"
#include "core/files/file.h"
#include "eval/formats/reading/fields.h"

namespace deeper {
namespace {

void ReadBox(const pugi::xml_node& box,
             const std::string& id,
             const std::string& where,
             LabelCollector& collector) {
  const auto side = [&](const char* name) {
    return CoordinateOf(std::string_view(box.attribute(name).value()));
  };
  if (NumberOf(box.attribute("rotation").value()).value_or(0) != 0) {
    return collector.Warn(where, "a rotated rectangle");
  }
  Label label;
  label.box = {.x0 = side("xtl"), .y0 = side("ytl"), .x1 = side("xbr"), .y1 = side("ybr")};
  for (const pugi::xml_node& attribute : box.children("attribute")) {
    const std::string_view name = attribute.attribute("name").value();
    if (name != "difficult" && name != "truncated") continue;
    (name == "difficult" ? label.difficult : label.truncated) =
        FlagOf(attribute.child_value(), name, where, collector.warnings());
  }
  collector.Add(id, box.attribute("label").value(), label, where);
}

}  // namespace

ReadLabels ReadCvat(const std::filesystem::path& path) {
  const std::vector<std::uint8_t> bytes = ReadFile(path);
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(bytes.data(), bytes.size());
  if (!parsed) {
    throw Error(fmt::format("{}: expected well-formed XML, found at byte {}: {}",
                            path.string(),
                            parsed.offset,
                            parsed.description()));
  }
  const pugi::xml_node annotations = document.child("annotations");
  if (!annotations || annotations.child("track")) {
    throw Error(fmt::format(
        "{}: expected CVAT's <annotations> of images, found {}; export as 'CVAT for images 1.1'",
        path.string(),
        annotations ? "tracks of a video"
                    : fmt::format("<{}> at the top", document.first_child().name())));
  }
  LabelCollector collector;
  for (const pugi::xml_node& node : annotations.children("image")) {
    const std::string id = FileNameOf(node.attribute("name").value());
    const std::string where = fmt::format("{}: image '{}'", path.string(), id);
    if (id.empty()) {
      collector.Warn(where, "a picture without a name");
      continue;
    }
    LabelledImage& image = collector.ImageOf(id);
    image.file_name = id;
    image.width = PixelsOf(node.attribute("width").value());
    image.height = PixelsOf(node.attribute("height").value());
    for (const pugi::xml_node& shape : node.children()) {
      if (std::string_view(shape.name()) == "box") {
        ReadBox(shape, id, where, collector);
      } else if (shape.type() == pugi::node_element && std::string_view(shape.name()) != "tag") {
        collector.Warn(where, "a shape that is no rectangle");
      }
    }
  }
  collector.TakeIdsForFileNames();
  return std::move(collector).Finish();
}

}  // namespace deeper
