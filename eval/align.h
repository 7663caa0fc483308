#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "core/detection.h"

namespace deeper {

// What to do with detections of classes that the data set does not have.
enum class UnknownClasses { kRefuse, kLeaveOut };

// How a class of the detections was found in the data set.
struct ClassMatch {
  std::string detected;             // its name in the detections
  std::optional<ClassId> class_id;  // in the data set; nothing where it has no such class
  bool by_wordnet_id = false;       // though its name in the data set is another
  bool is_ambiguous = false;        // a name of several of the data set's classes

  bool operator==(const ClassMatch&) const = default;
};

// A picture whose detections state another size than the data set.
struct SizeDifference {
  std::size_t place = 0;  // in the data set
  int width = 0;          // as the detections state it, pixels
  int height = 0;

  bool operator==(const SizeDifference&) const = default;
};

// Detections in the terms of a data set.
struct AlignedDetections {
  // `classes` is the data set's. `images` are its pictures in its order, each with its detections
  // in the order given: images[i] belongs to dataset.images[i].
  DetectionSet detections;
  std::vector<ClassMatch> class_map;     // one per class of the detections, in their order
  std::size_t left_out = 0;              // detections of unknown classes
  std::size_t without_result = 0;        // pictures of the data set that the detections lack
  std::size_t matched_by_file_name = 0;  // pictures that have another id in the detections
  std::vector<SizeDifference> size_differences = {};  // sorted by place; the boxes are as given

  bool operator==(const AlignedDetections&) const = default;
};

// Returns the detections in the order of the data set's pictures, with its classes. Pictures are
// matched by id, else by the file name that both ids are: without regard to picture endings, "\"
// for "/" and percent signs of URLs, and then by its last part alone, where no other has it.
// Classes are matched by WordNet id (which a name of either side may be), else by name, never by
// position.
//
// Throws Error for a picture that the data set does not have, a picture given twice (in either), a
// score that is not a number, and a detection of a class whose name several of the data set's have.
// For kRefuse, also throws for a detection of a class that the data set does not have; a class
// without a detection may be unknown.
AlignedDetections AlignDetections(const Dataset& dataset,
                                  const DetectionSet& detections,
                                  UnknownClasses unknown = UnknownClasses::kRefuse);

// How KeepCommonPictures cut a data set and its detections.
struct CommonPictures {
  std::size_t without_detections = 0;  // the data set's pictures that had no result
  std::size_t without_dataset = 0;     // results of pictures that the data set does not have
  std::string example;                 // id of one of the former
  std::vector<std::size_t> dropped;    // places of the former in the data set as it was, ascending
};

// Leaves in both the pictures that both have, matched as AlignDetections matches them. A result
// without any detection is one.
CommonPictures KeepCommonPictures(Dataset& dataset, DetectionSet& detections);

// For people: how many classes were matched by name, and one line for each that was matched by
// WordNet id or not at all. Every line ends with "\n".
std::string ClassMapText(const std::vector<ClassMatch>& class_map, const ClassTable& classes);

}  // namespace deeper
