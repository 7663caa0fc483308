#include "tools/verbs/compare_proposals.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/read_image.h"
#include "core/work/parallel.h"
#include "core/work/stopwatch.h"
#include "detector/multibox/multibox.h"
#include "eval/analysis/proposal_recall.h"
#include "eval/report/proposal_report.h"
#include "proposals/selective_search.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/run/journaled_run.h"
#include "tools/run/progress.h"

namespace deeper::tools {

namespace {

constexpr const char* kFullSearch = "fast";  // R-CNN's, before superpixels grew

enum Way : std::size_t { kFull, kSearch, kMultiBox, kJoined, kWays };

// What one picture gave each way, or why nothing.
struct Compared {
  std::array<std::vector<Proposal>, kWays> proposals;
  std::array<double, kWays> seconds = {};
  std::string error;
};

Compared CompareOn(const Picture& picture,
                   const ReadImageOptions& reading,
                   const SelectiveSearchOptions& full,
                   const SelectiveSearchOptions& search,
                   const MultiBoxNetwork& multibox) {
  Compared compared;
  auto& proposals = compared.proposals;
  auto& seconds = compared.seconds;
  if (picture.path.empty())
    return {.proposals = {}, .seconds = {}, .error = WithoutFile(picture.id)};
  try {
    const Image image = ReadImage(picture.path, reading);
    proposals[kFull] =
        Timed<ProcessorWatch>(seconds[kFull], [&] { return SelectiveSearch(image, full); });
    proposals[kSearch] =
        Timed<ProcessorWatch>(seconds[kSearch], [&] { return SelectiveSearch(image, search); });
    proposals[kMultiBox] =
        Timed<ProcessorWatch>(seconds[kMultiBox], [&] { return multibox.Propose(image); });
    proposals[kJoined] = Timed<ProcessorWatch>(seconds[kJoined], [&] {
      return JoinProposals(
          proposals[kMultiBox], proposals[kSearch], search, image.width, image.height);
    });
    seconds[kJoined] += seconds[kSearch] + seconds[kMultiBox];
  } catch (const Error& error) {
    compared = {.proposals = {}, .seconds = {}, .error = error.what()};
  }
  return compared;
}

}  // namespace

int CompareProposals(const Dataset& truth,
                     const std::vector<Picture>& pictures,
                     const MultiBoxNetwork& multibox,
                     const CompareProposalsOptions& options) {
  if (!options.curve.empty()) RequireWritable(options.curve);
  ProposalOptions full = options.proposals;
  full.preset = kFullSearch;
  const SelectiveSearchOptions full_search = full.Over({});
  const SelectiveSearchOptions search = options.proposals.Over(DoubleSuperpixelSelectiveSearch());
  const std::string name = options.proposals.preset.empty() ? "x2" : options.proposals.preset;

  std::array<std::vector<std::vector<Proposal>>, kWays> all;
  for (auto& lists : all) lists.resize(pictures.size());
  std::array<double, kWays> seconds = {};
  std::size_t failed = 0;
  {
    ProgressLine progress("proposing", "pictures", pictures.size());
    ForEachInOrder<Compared>(
        pictures.size(),
        options.workers,
        NeverStop,
        [&](std::size_t i) {
          return CompareOn(pictures[i], options.reading, full_search, search, multibox);
        },
        [&](std::size_t i, Compared compared) {
          if (!compared.error.empty()) {
            progress.Say("skipped: " + compared.error);
            ++failed;
          }
          for (std::size_t way = 0; way < kWays; ++way) {
            seconds[way] += compared.seconds[way];
            all[way][i] = std::move(compared.proposals[way]);
          }
          progress.Advance();
        });
  }

  const auto done = static_cast<double>(std::max<std::size_t>(1, pictures.size() - failed));
  const std::array<std::string, kWays> names = {
      kFullSearch, name, "MultiBox", name + " + MultiBox"};
  std::vector<MeasuredProposals> measured;
  for (std::size_t way = 0; way < kWays; ++way) {
    measured.push_back({.name = names[way],
                        .quality = EvaluateProposals(truth, all[way]),
                        .ms_per_image = 1e3 * seconds[way] / done});
  }
  if (!options.curve.empty()) WriteFileWhole(options.curve, RecallCurvesSvg(measured));
  if (options.json) {
    fmt::print("{}\n", ComparisonJson(measured, truth.classes));
  } else {
    fmt::print("{}", ComparisonText(measured, kSearch, kMultiBox));
  }
  return failed == 0 ? kDone : kSomeInputsFailed;
}

}  // namespace deeper::tools
