#include "core/text/text_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace deeper {
namespace {

// Characters of a UTF-8 text.
std::size_t Characters(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string AlignedTable(const std::vector<std::vector<std::string>>& rows,
                         const TableLayout& layout) {
  if (rows.empty()) return "";
  const std::size_t columns = rows.front().size();
  std::vector<std::size_t> widths(columns, 0);
  for (const std::vector<std::string>& row : rows) {
    Expects(row.size() == columns, "rows of a table have equal length");
    for (std::size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], Characters(row[i]));
  }
  std::string text;
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < columns; ++i) {
      const std::string space(widths[i] - Characters(row[i]), ' ');
      const bool is_text = i < layout.text_columns || (layout.last_is_text && i + 1 == columns);
      line += (i > 0 ? "  " : "") + (is_text ? row[i] + space : space + row[i]);
    }
    line.resize(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string PercentText(const std::optional<double>& ratio) {
  return ratio ? fmt::format("{:.2f}", 100 * *ratio) : "-";
}

}  // namespace deeper
