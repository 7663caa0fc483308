#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "eval/inspection/check_data.h"

namespace deeper {

struct DataReportInput {
  const DataCheck& check;  // borrowed
  std::string name;        // of the data set
  // Contact sheets as JPEG, one per class of `check` (eval/drawing/class_sheets.h); some may be
  // empty.
  std::vector<std::vector<std::uint8_t>> sheets = {};
};

struct DataReportOptions {
  std::size_t most_places = 100;  // listed of each fault
  std::size_t most_shots = 8;     // findings of each fault that are shown as pictures
  int shot_px = 260;              // longer side; at least 16
};

// One HTML page that needs no other file: sets, what is wrong with its places and pictures, classes
// with their contact sheets. Names of any bytes are shown as text, never as markup, and the page
// forbids itself every connection. The same input gives the same bytes.
std::string DataReportHtml(const DataReportInput& input, const DataReportOptions& options = {});

}  // namespace deeper
