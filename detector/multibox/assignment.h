#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace deeper {

// The cheapest assignment of rows to columns: for each row its column, no column twice, with the
// least possible sum of costs (Kuhn 1955; by shortest augmenting paths as in Jonker and Volgenant
// 1987). costs: rows x columns, row-major, finite, rows <= columns. Of several that are equally
// cheap always the same one. Takes rows^2 x columns steps.
std::vector<std::size_t> CheapestAssignment(std::span<const double> costs, std::size_t columns);

}  // namespace deeper
