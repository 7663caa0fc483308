#include "tools/input/class_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/error.h"

namespace deeper::tools {

ClassId ClassNamed(const char* option, const ClassTable& classes, const std::string& name) {
  if (const std::optional<ClassId> id = classes.Find(name)) return *id;
  const std::optional<std::string> near = NearestClassName(classes, name);
  throw Error(fmt::format("--{}: expected one of {} classes, found '{}'{}",
                          option,
                          classes.Size(),
                          name,
                          near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

std::vector<bool> ClassesNamed(const char* option,
                               const ClassTable& classes,
                               const std::vector<std::string>& names) {
  std::vector<bool> named(classes.Size(), names.empty());
  for (const std::string& name : names) named[IndexOf(ClassNamed(option, classes, name))] = true;
  return named;
}

void NumberClassesAs(const ClassTable& classes, DetectionSet& detections) {
  ClassTable table = classes;
  std::vector<ClassId> numbers;
  for (const ClassInfo& info : detections.classes.classes) {
    const auto known = std::ranges::find(table.classes, info.name, &ClassInfo::name);
    numbers.push_back(ClassAt(static_cast<std::size_t>(known - table.classes.begin())));
    if (known == table.classes.end()) table.classes.push_back(info);
  }
  for (ImageDetections& image : detections.images) {
    for (Detection& detection : image.detections) {
      detection.class_id = numbers[IndexOf(detection.class_id)];
    }
  }
  detections.classes = std::move(table);
}

}  // namespace deeper::tools
