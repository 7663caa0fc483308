#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "backbone/googlenet.h"
#include "backbone/tensor.h"

namespace deeper {

// A row of Table 1 of Szegedy et al. 2014, computed from the table in googlenet.h.
struct SummaryRow {
  std::string type;              // "convolution", "inception (3a)"
  std::optional<Window> window;  // patch size and stride; none for inception modules
  Shape output;                  // of one crop
  std::size_t depth = 0;         // layers with weights, one behind the other
  // Numbers of filters; empty where the paper leaves the column empty.
  std::optional<std::size_t> conv1x1, reduce3x3, conv3x3, reduce5x5, conv5x5, pool_proj;
  std::size_t parameters = 0;  // learned values, biases included
  std::size_t macs = 0;        // multiplications of one crop in convolutions and linear layers

  bool operator==(const SummaryRow&) const = default;
};

struct NetworkSummary {
  std::vector<SummaryRow> rows;
  std::size_t parameters = 0;  // sums of the rows
  std::size_t macs = 0;

  bool operator==(const NetworkSummary&) const = default;
};

// Summarizes GoogLeNet with a final classifier of `classes` classes. With 0 classes the summary
// ends at pool5. Normalisation has no row, as in the paper.
NetworkSummary Summarize(std::size_t classes = 1000);

// The summary as text for people: a heading, one line per row in the columns of the paper, then the
// totals.
std::string FormatSummary(const NetworkSummary& summary);

}  // namespace deeper
