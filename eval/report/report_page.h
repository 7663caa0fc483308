#pragma once

#include <string>
#include <string_view>

namespace deeper {

// What draws a report's data. Both kinds share style, page.js and the forms of pictures.
enum class PageScript { kEvaluation, kDataCheck };

// The page of a report around its data, JSON that can stand in a <script>: see ScriptSafe.
std::string ReportPage(std::string_view data, PageScript script);

// JSON for inside a <script>: without "<", ">" or "&", which could end it or begin something else,
// and without Unicode's two line ends that scripts do not allow in strings.
std::string ScriptSafe(std::string_view json);

}  // namespace deeper
