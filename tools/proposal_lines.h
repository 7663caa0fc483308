#pragma once

#include <string>
#include <vector>

#include "core/box.h"
#include "core/proposal.h"
#include "tools/journal.h"

namespace deeper::tools {

// {"image": id, "width": w, "height": h, "boxes": [[x0, y0, x1, y1], ...]}, best box first, without
// a line end. Bytes of the id that are not UTF-8 become U+FFFD.
std::string ProposalLine(const std::string& id,
                         int width,
                         int height,
                         const std::vector<Box>& boxes);

// The proposals of a line that ProposalLine wrote. Throws Error for another one.
std::vector<Proposal> ProposalsOfLine(const std::string& line);

// The file of proposals: the lines of those pictures of a journal that have a result.
std::string ProposalLinesIn(const JournalEntries& entries);

}  // namespace deeper::tools
