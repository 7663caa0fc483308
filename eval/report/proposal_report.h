#pragma once

#include <span>
#include <string>

#include "core/class_table.h"
#include "eval/analysis/proposal_recall.h"

namespace deeper {

// One way to make proposals, and how good they are.
struct MeasuredProposals {
  std::string name;  // "x2 + MultiBox"
  ProposalQuality quality;
  double ms_per_image = 0;  // on one core

  bool operator==(const MeasuredProposals&) const = default;
};

// All figures of one way, with its curve and the best overlap of each class.
std::string QualityText(const MeasuredProposals& measured, const ClassTable& classes);
// QualityText as a JSON object.
std::string QualityJson(const MeasuredProposals& measured, const ClassTable& classes);

// Compares several ways on the same pictures: one line per way, and the curves as columns. For the
// ways at the positions `a` and `b`, also says how many objects one covers (IoU >= 0.5) and the
// other does not. Expects the same objects in each.
std::string ComparisonText(std::span<const MeasuredProposals> ways, std::size_t a, std::size_t b);
// {"ways": [...]}, each as QualityJson has it, with its "name".
std::string ComparisonJson(std::span<const MeasuredProposals> ways, const ClassTable& classes);

// An SVG of the recall at IoU 0.5 against the number of boxes per picture, on a logarithmic axis.
// One curve per way, each up to all of its boxes.
std::string RecallCurvesSvg(std::span<const MeasuredProposals> ways);

}  // namespace deeper
