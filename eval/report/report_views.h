#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/box.h"
#include "core/dataset.h"

namespace deeper {

// One box on a picture of the report.
struct ReportMark {
  Box box;
  std::string kind;  // "TP", an error kind, "Miss" or "NoProp"; shown beside: "truth", "proposal"
  std::string label;
};

// A picture or part of one, to be shown.
struct ReportView {
  std::size_t image = 0;
  Box part;  // in the picture
  int max_side_px = 0;
  std::vector<ReportMark> marks;
  nlohmann::ordered_json entry;  // what else the page needs
};

// RFC 4648, section 4.
std::string Base64(const std::vector<std::uint8_t>& bytes);

// What the page shows of each view, in their order: its entry and the picture's id, the part as
// JPEG, its size and the marks in it. For a picture that cannot be read, only the marks. Each
// picture file is decoded once.
std::vector<nlohmann::ordered_json> RenderViews(const std::vector<ReportView>& views,
                                                const Dataset& dataset);

}  // namespace deeper
