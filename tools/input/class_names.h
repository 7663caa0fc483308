#pragma once

#include <string>
#include <vector>

#include "core/class_table.h"
#include "core/detection.h"

namespace deeper::tools {

// The class of this name. Throws Error that names the option, and the nearest class, where there is
// none.
ClassId ClassNamed(const char* option, const ClassTable& classes, const std::string& name);

// For each class whether it is among the names; without names, all are. Throws as ClassNamed does.
std::vector<bool> ClassesNamed(const char* option,
                               const ClassTable& classes,
                               const std::vector<std::string>& names);

// Numbers the classes of the detections as `classes` does; those that it does not have follow.
void NumberClassesAs(const ClassTable& classes, DetectionSet& detections);

}  // namespace deeper::tools
