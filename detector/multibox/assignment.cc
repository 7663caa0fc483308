#include "detector/multibox/assignment.h"

#include <limits>

#include "core/error.h"

namespace deeper {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

// Rows are added one by one. Potentials keep the reduced costs, cost - row - column, at 0 or above,
// and at 0 for each row and its column. So the assignment so far is always the cheapest.
class Matching {
 public:
  Matching(std::span<const double> costs, std::size_t columns)
      : costs_(costs),
        row_potentials_(costs.size() / columns),
        column_potentials_(columns),
        row_of_(columns, kNone) {}

  // Finds the cheapest path from the row to a free column, along which rows change columns.
  void AddRow(std::size_t added) {
    const std::size_t columns = row_of_.size();
    std::vector<double> distance(columns, kInfinity);
    std::vector<std::size_t> previous(columns, kNone);  // column on the path; kNone: `added` itself
    std::vector<bool> reached(columns);
    std::size_t row = added;
    std::size_t last = kNone;  // the column that `row` had
    double length = 0;
    while (true) {
      std::size_t nearest = kNone;
      for (std::size_t j = 0; j < columns; ++j) {
        if (reached[j]) continue;
        const double through = length + ReducedCost(row, j);
        if (through < distance[j]) {
          distance[j] = through;
          previous[j] = last;
        }
        if (nearest == kNone || distance[j] < distance[nearest]) nearest = j;
      }
      length = distance[nearest];
      last = nearest;
      if (row_of_[nearest] == kNone) break;
      reached[nearest] = true;
      row = row_of_[nearest];
    }
    row_potentials_[added] += length;
    for (std::size_t j = 0; j < columns; ++j) {
      if (!reached[j]) continue;
      row_potentials_[row_of_[j]] += length - distance[j];
      column_potentials_[j] -= length - distance[j];
    }
    while (previous[last] != kNone) {
      row_of_[last] = row_of_[previous[last]];
      last = previous[last];
    }
    row_of_[last] = added;
  }

  std::vector<std::size_t> ColumnOfRow() const {
    std::vector<std::size_t> column_of(row_potentials_.size());
    for (std::size_t j = 0; j < row_of_.size(); ++j) {
      if (row_of_[j] != kNone) column_of[row_of_[j]] = j;
    }
    return column_of;
  }

 private:
  double ReducedCost(std::size_t i, std::size_t j) const {
    return costs_[i * row_of_.size() + j] - row_potentials_[i] - column_potentials_[j];
  }

  std::span<const double> costs_;
  std::vector<double> row_potentials_;
  std::vector<double> column_potentials_;
  std::vector<std::size_t> row_of_;  // of each column
};

}  // namespace

std::vector<std::size_t> CheapestAssignment(std::span<const double> costs, std::size_t columns) {
  Expects(columns > 0 || costs.empty(), "whole rows of costs");
  if (columns == 0) return {};
  Expects(costs.size() % columns == 0, "whole rows of costs");
  const std::size_t rows = costs.size() / columns;
  Expects(rows <= columns, "a column for each row");
  Matching matching(costs, columns);
  for (std::size_t i = 0; i < rows; ++i) matching.AddRow(i);
  return matching.ColumnOfRow();
}

}  // namespace deeper
