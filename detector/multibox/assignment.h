#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace deeper {

// The cheapest assignment of rows to columns: returns a column for each row, no column twice, with
// the least possible sum of costs. Of several equally cheap ones, it is always the same. Kuhn 1955,
// by shortest augmenting paths as in Jonker and Volgenant 1987; takes rows^2 x columns steps.
//
// costs: rows x columns, row-major, finite, rows <= columns.
std::vector<std::size_t> CheapestAssignment(std::span<const double> costs, std::size_t columns);

}  // namespace deeper
