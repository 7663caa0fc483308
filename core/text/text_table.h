#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace deeper {

// Which columns of a table are text, aligned left; the others are numbers, aligned right.
struct TableLayout {
  std::size_t text_columns = 1;  // the first ones
  bool last_is_text = false;
};

// Rows with aligned columns and two spaces between them. Widths count the characters of UTF-8 text.
// Every line ends with "\n", without spaces before it. Expects rows of equal length.
std::string AlignedTable(const std::vector<std::vector<std::string>>& rows,
                         const TableLayout& layout = {});

// A ratio in percent with two digits; "-" for nothing.
std::string PercentText(const std::optional<double>& ratio);

}  // namespace deeper
