// What 'deeper merge' reads: a journal as it is, one whose lines all have the right check, which a
// fuzzer alone would never find, and a part of an evaluation.

#include <string>
#include <string_view>

#include "core/class_table.h"
#include "core/files/file.h"
#include "core/files/sha256.h"
#include "eval/formats/lines/proposal_lines.h"
#include "tests/fuzz/fuzz_target.h"
#include "tools/run/detection_results.h"
#include "tools/run/evaluation_parts.h"
#include "tools/run/journal.h"

namespace deeper::fuzz {
namespace {

std::string Checked(std::string_view object) {
  Sha256 hash;
  hash.Update(object);
  return R"({"check":")" + hash.HexDigest().substr(0, 16) + "\"," + std::string(object.substr(1)) +
         "\n";
}

void UseJournal(const std::string& text) {
  Answered([&] {
    const tools::JournalContent content = tools::ParseJournal(text, "journal");
    const tools::DetectionResults results =
        tools::DetectionResultsFrom(content.run.results, "journal");
    tools::DetectionsIn(content.entries, results, "journal");
  });
  Answered([&] {
    ParseProposalLines(tools::ResultLines(tools::ParseJournal(text, "journal").entries), "journal");
  });
}

}  // namespace

void FuzzOne(std::span<const std::uint8_t> input) {
  const std::string text(input.begin(), input.end());
  UseJournal(text);
  std::string checked;
  for (const std::string_view line : SplitLines(text)) {
    if (line.starts_with('{')) checked += Checked(line);
  }
  UseJournal(checked);
  Answered([&] { tools::JoinEvaluationParts({{.source = "part", .text = text}}); });
}

}  // namespace deeper::fuzz
