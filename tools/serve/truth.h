#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/dataset.h"
#include "eval/evaluate.h"

namespace deeper::tools {

// The objects of an annotated data set, beside what is found in its pictures. Safe from several
// threads.
class Truth {
 public:
  // protocol: the rules by which objects are found. Throws Error for options out of range.
  Truth(Dataset dataset, const EvaluationOptions& rules);

  const Dataset& dataset() const { return dataset_; }

  // A picture's objects, and what became of each detection of its record, a line of
  // detections.jsonl, in the record's order:
  //   {"objects": [{"class", "box", "counts"}],
  //    "detections": [{"verdict": "found", "object": 2}]}
  // Verdicts are found, duplicate, ignored, and of what is false why: class, place, both or
  // background (eval/analysis/error_analysis.h). object: the place of the one that decided, left
  // out where none did. A detection's verdict does not depend on those of lower scores. Detections
  // of classes that the data set does not have are background. Throws Error for a record that is
  // none, or of a size that is not the picture's.
  std::string Compare(std::size_t image, std::string_view record) const;

 private:
  Dataset dataset_;
  EvaluationOptions rules_;
};

}  // namespace deeper::tools
