#include "tools/proposal_lines.h"

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace deeper::tools {

using nlohmann::json;
using nlohmann::ordered_json;

std::string ProposalLine(const std::string& id,
                         int width,
                         int height,
                         const std::vector<Box>& boxes) {
  ordered_json line;
  line["image"] = id;
  line["width"] = width;
  line["height"] = height;
  line["boxes"] = ordered_json::array();
  for (const Box& box : boxes) line["boxes"].push_back({box.x0, box.y0, box.x1, box.y1});
  return line.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::vector<Proposal> ProposalsOfLine(const std::string& line) {
  try {
    std::vector<Proposal> proposals;
    const json parsed = json::parse(line);
    for (const json& box : parsed.at("boxes")) {
      proposals.push_back(
          {.box = {.x0 = box.at(0), .y0 = box.at(1), .x1 = box.at(2), .y1 = box.at(3)},
           .rank = static_cast<int>(proposals.size())});
    }
    return proposals;
  } catch (const json::exception&) {
    throw Error("a picture's line of proposals does not hold boxes");
  }
}

std::string ProposalLinesIn(const JournalEntries& entries) {
  std::string lines;
  for (const auto& [position, entry] : entries) {
    if (entry.kind == JournalEntry::Kind::kDone) lines += entry.text + "\n";
  }
  return lines;
}

}  // namespace deeper::tools
