#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "eval/formats/formats.h"
#include "eval/formats/reading/labels.h"

namespace deeper {

// How a format holds one thing that labels or pictures have.
enum class Holds {
  kYes,
  kOwnField,  // in a field that this program reads, and others pass over
  kNo,
};

// A thing of labels, pictures or classes, and how each format holds it.
struct HeldThing {
  const char* name;  // "difficult", for programs
  const char* text;  // of many, for people: "objects marked difficult"
  std::size_t (*count)(const LabelledSet& labels);
  // In the order of LabelFormat.
  std::vector<Holds> objects;
  std::vector<Holds> detections;
};

// The one table of what formats hold. docs/formats.md has it too, and a test holds writers and
// readers to it.
const std::vector<HeldThing>& HeldThings();

// Whether a file of the format tells pictures without boxes from pictures that it does not have.
bool HoldsEmptyPictures(LabelFormat format, LabelKind kind);

// Something of the labels that a file of a format does not hold, or in a field of its own.
struct Loss {
  std::string name;
  std::string text;
  std::size_t count = 0;  // in these labels, > 0
  Holds holds = Holds::kNo;

  bool operator==(const Loss&) const = default;
};

// What writing these labels loses, counted over them. outlines: as in ReadDataset; no format holds
// them.
std::vector<Loss> LossesOf(LabelFormat format,
                           LabelKind kind,
                           const LabelledSet& labels,
                           std::size_t outlines = 0);

// For people, in lines; "" for no losses.
std::string LossText(LabelFormat format, const std::vector<Loss>& losses);

}  // namespace deeper
