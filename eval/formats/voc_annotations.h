#pragma once

#include <filesystem>
#include <string>

#include "eval/formats/reading/labels.h"

namespace deeper {

// A picture's annotation in VOC's format; scores, crowds and areas are left out. Its file_name,
// else its id with ".jpg", is the <filename>.
std::string VocAnnotationText(const LabelledImage& image, const ClassTable& classes);

// Writes labels without scores as a data set: the list `set` and one annotation per picture.
// Reading returns the same boxes; crowds and areas are lost. Throws Error for an id that is not one
// word of UTF-8 or that leaves the directory.
void WriteVocAnnotations(const LabelledSet& labels,
                         const std::filesystem::path& root,
                         const std::string& set);

}  // namespace deeper
