#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/proposal.h"

namespace deeper {

// The proposals of one picture.
struct ImageProposals {
  std::string id;
  int width = 0;  // pixels, 0 where the source does not say
  int height = 0;
  std::vector<Proposal> proposals;  // best first, ranks from 0

  bool operator==(const ImageProposals&) const = default;
};

// One line of a proposals file, without a newline at the end:
//   {"image": id, "width": w, "height": h, "boxes": [[x0, y0, x1, y1], ...]}
// The best box is first; boxes are half-open pixels. Ids that are not UTF-8 are written to
// "image_bytes" as hexadecimal digits, as in results files.
std::string ProposalLineOf(const ImageProposals& image);

// Reads such a file; blank lines are skipped. Reading a written line returns equal values. Throws
// Error with the line's number for malformed lines, boxes that are not finite, and repeated
// pictures.
std::vector<ImageProposals> ReadProposalLines(const std::filesystem::path& path);
// ReadProposalLines of a text; `source` names it in messages.
std::vector<ImageProposals> ParseProposalLines(std::string_view text,
                                               const std::filesystem::path& source);

}  // namespace deeper
