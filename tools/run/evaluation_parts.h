#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "core/detection.h"
#include "eval/evaluate.h"
#include "tools/run/shard.h"

namespace deeper::tools {

// An evaluation that is made in shards. Each shard judges some of the classes and writes a part;
// the parts are joined to the evaluation of all.

// The text of a part: the evaluations by one protocol or several, of the shard's classes alone.
// `digest` is the same for all parts of one evaluation and no other.
std::string EvaluationPartText(const std::vector<Evaluation>& evaluations,
                               const ClassTable& classes,
                               const Shard& shard,
                               const std::string& digest);

// SHA-256 of the truth, of detections in its terms (AlignDetections), of the rules, in words, by
// which they are judged, and of the version of this program's results.
std::string DigestOfEvaluation(const Dataset& dataset,
                               const DetectionSet& detections,
                               const std::string& rules);

// A part with the name of its file.
struct EvaluationPart {
  std::string source;
  std::string text;
};

// A JSON object for each protocol, as one evaluation of all classes writes them, byte for byte.
struct JoinedEvaluation {
  std::string text;
  std::size_t class_count = 0;
};
// Throws Error naming the files concerned unless all are parts of the same evaluation, each once
// and none missing.
JoinedEvaluation JoinEvaluationParts(const std::vector<EvaluationPart>& parts);

}  // namespace deeper::tools
