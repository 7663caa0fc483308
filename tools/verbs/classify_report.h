#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/class_table.h"
#include "core/pictures/picture_files.h"
#include "tools/input/labelled_pictures.h"
#include "tools/input/pictures.h"

namespace deeper::tools {

// What classifiers say of a picture.
struct Classified {
  std::vector<std::vector<float>> by_model;  // probabilities of each classifier
  std::vector<float> probabilities;          // their mean
  int width = 0;                             // pixels of the picture
  int height = 0;
  std::string error;
};

// Prints the likeliest `count` classes of a picture, best first, on stdout.
void PrintClasses(const Picture& picture,
                  const Classified& classified,
                  const ClassTable& classes,
                  std::size_t count);
// The same as a JSON object on a line.
void PrintClassesJson(const Picture& picture,
                      const Classified& classified,
                      const ClassTable& classes,
                      std::size_t count);

// How often a classifier was wrong. Shares are of the pictures; there is at least one.
struct ClassificationErrors {
  std::size_t pictures = 0;
  std::size_t top_1 = 0;
  std::size_t top_5 = 0;

  void Add(const std::vector<float>& probabilities, const std::vector<std::size_t>& labels);
  double Top1() const;
  double Top5() const;
};

// How often classifiers were wrong, each alone and by their mean.
struct ClassificationSummary {
  std::vector<std::filesystem::path> files;  // of the classifiers
  std::vector<ClassificationErrors> by_model;
  ClassificationErrors mean;
  std::optional<std::size_t> not_localised;  // pictures, where the data has boxes
  int crops = 1;                             // views of a picture

  void Add(const Classified& classified, const LabelledPicture& truth);
};

// Prints the report on stdout.
void PrintReport(const ClassificationSummary& report);
// The same as a JSON object on a line.
void PrintReportJson(const ClassificationSummary& report);

}  // namespace deeper::tools
