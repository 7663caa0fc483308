#pragma once

#include <span>
#include <string>

#include "core/class_table.h"
#include "eval/analysis/proposal_recall.h"

namespace deeper {

// One way to make proposals, and what they are worth.
struct MeasuredProposals {
  std::string name;  // "x2 + MultiBox"
  ProposalQuality quality;
  double ms_per_image = 0;  // on one core

  bool operator==(const MeasuredProposals&) const = default;
};

// All figures of one way, with its curve and the best overlap of each class.
std::string QualityText(const MeasuredProposals& measured, const ClassTable& classes);
// The same as a JSON object.
std::string QualityJson(const MeasuredProposals& measured, const ClassTable& classes);

// Several ways on the same pictures side by side: a line each, the curves as columns, and for the
// ways at the positions `a` and `b` how many objects one covers (IoU >= 0.5) and the other does
// not. Expects the same objects in each.
std::string ComparisonText(std::span<const MeasuredProposals> ways, std::size_t a, std::size_t b);
// {"ways": [...]}, each as QualityJson has it, with its "name".
std::string ComparisonJson(std::span<const MeasuredProposals> ways, const ClassTable& classes);

// Recall at IoU 0.5 against the number of boxes a picture, on a logarithmic axis, as an SVG: a
// curve a way, each up to all of its boxes.
std::string RecallCurvesSvg(std::span<const MeasuredProposals> ways);

}  // namespace deeper
