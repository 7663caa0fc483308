#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/dataset.h"
#include "core/detection.h"
#include "eval/analysis/bootstrap.h"
#include "eval/analysis/error_analysis.h"
#include "eval/analysis/proposal_coverage.h"
#include "eval/evaluate.h"

namespace deeper {

// What a report shows. Borrowed. `detections` are aligned to `dataset`, and `evaluation` is of
// these two.
struct ReportInput {
  const Dataset& dataset;
  const DetectionSet& detections;
  const Evaluation& evaluation;
  std::optional<ConfidenceInterval> interval = std::nullopt;  // of the mAP, 95%
  // Shown at the end, in this order: "detections", "found/detections.jsonl".
  std::vector<std::pair<std::string, std::string>> configuration = {};
  // Proposals of the data set's pictures: the objects that none covers are shown.
  std::span<const ProposalSource> proposals = {};
};

struct ReportOptions {
  int gallery_size = 600;    // cut-outs in all, shared evenly by classes and kinds; 0: none
  int picture_count = 6;     // best ones, and as many worst
  int cutout_px = 200;       // longer side
  int picture_px = 560;      // longer side
  ErrorOptions errors = {};  // foreground_iou: the evaluation's min_iou

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
};

// One HTML page that needs no other file. It holds numbers, a table that sorts, curves and charts
// as SVG, the best and worst pictures, and a gallery. The gallery shows true positives, false
// positives by kind, missed objects and those without a proposal, with filters by class, kind and
// score. The fragment of the page's address holds the filters:
//   "#class=cat&kind=Bkg&score=0.5&sort=ap&theme=dark".
//
// Pictures are JPEG in the page; for a picture that cannot be read, its boxes stand on plain
// ground. Names of any bytes are shown as text, never as markup. The page forbids itself every
// connection. The same input gives the same bytes.
std::string ReportHtml(const ReportInput& input, const ReportOptions& options = {});

}  // namespace deeper
