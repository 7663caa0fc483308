#pragma once

#include <string>
#include <string_view>

namespace deeper {

// The page of a report around its data. `data` is JSON in which "<", ">" and "&" are escaped, so
// that it can stand in a <script>.
std::string ReportPage(std::string_view data);

}  // namespace deeper
