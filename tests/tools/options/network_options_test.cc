#include "tools/options/network_options.h"

#include "tests/support/catch.h"
#include "tools/options/command_line.h"
#include "tools/options/option_errors.h"

namespace deeper::tools {
namespace {

SelectiveSearchOptions ProposalsOf(const std::vector<std::string>& words) {
  ProposalOptions options;
  CommandLine line("verb", "Does something.", {});
  options.AddOptions(line.Group("Proposals"));
  line.Parse(words);
  return options.Over(DefaultProposals());
}

TEST_CASE("proposal options that are not given stay as they are, the others change") {
  CHECK(ProposalsOf({}) == DefaultProposals());
  SelectiveSearchOptions changed = DefaultProposals();
  changed.max_boxes = 7;
  CHECK(ProposalsOf({"--max-proposals", "7"}) == changed);
  changed = FastSelectiveSearch();
  changed.max_iou = 0.5;
  CHECK(ProposalsOf({"--proposals", "fast", "--max-proposal-iou", "0.5"}) == changed);
  CHECK(ProposalsOf({"--selective-search", "opencv"}).implementation ==
        SelectiveSearchImplementation::kOpenCv);
}

TEST_CASE("a proposal option out of range is refused by its name, not passed over") {
  using Catch::Contains;
  CHECK_THROWS_WITH(ProposalsOf({"--max-proposals", "-5"}), Contains("--max-proposals is -5"));
  CHECK_THROWS_WITH(ProposalsOf({"--max-proposal-iou", "-0.5"}),
                    Contains("--max-proposal-iou is -0.5"));
  CHECK_THROWS_WITH(ProposalsOf({"--max-proposal-iou", "nan"}),
                    Contains("--max-proposal-iou is nan"));
  CHECK_THROWS_WITH(ProposalsOf({"--proposals", "slow"}),
                    Contains("--proposals is 'slow', expected x2, fast, quality or opencv"));
  CHECK_THROWS_AS(ProposalsOf({"--proposals", "slow"}), UsageError);
  CHECK_THROWS_WITH(ProposalsOf({"--selective-search", "theirs"}), Contains("'theirs'"));
}

TEST_CASE("an unknown precision and too many workers are refused before any work") {
  RunOptions options;
  options.precision = "f16";
  CHECK_THROWS_WITH(options.Check(), Catch::Contains("--precision: ") && Catch::Contains("'f16'"));
  options = {.precision = "f32", .workers = -1};
  CHECK_THROWS_AS(options.Check(), UsageError);
  options = {.precision = "auto", .workers = 0};
  options.Check();
  CHECK(options.workers >= 1);
}

}  // namespace
}  // namespace deeper::tools
