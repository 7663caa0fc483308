// Words, one a line, as the options that the verbs share and one option of each type.

#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"
#include "tests/fuzz/fuzz_target.h"
#include "tools/command_line.h"
#include "tools/network_options.h"
#include "tools/shard.h"

namespace deeper::fuzz {
namespace {

namespace po = boost::program_options;

void ParseWords(const std::vector<std::string>& words) {
  tools::CommandLine line("verb", "Does something.", {"deeper verb"});
  std::vector<std::string> inputs;
  std::string text;
  double number = 0.5;
  int count = 3;
  bool flag = false;
  tools::ProposalOptions proposals;
  tools::RunOptions run;
  tools::ShardOptions shard;
  auto& group = line.Group("Options");
  group.add_options()("input", po::value(&inputs), "words")("text", po::value(&text), "a text")(
      "number", po::value(&number)->default_value(number), "a number")(
      "count", po::value(&count), "a whole number")("flag", po::bool_switch(&flag), "a flag");
  proposals.AddOptions(group);
  run.AddOptions(group);
  shard.AddOptions(group);
  line.TakeWords("input", "WORD...");
  if (!line.Parse(words)) return;
  run.Check();
  tools::CheckRange("number", number, 0, 1);
  tools::SplitAtCommas("text", text);
  proposals.Over(tools::DefaultProposals());
  shard.Choose([&](const std::string& name) {
    return name == "SLURM_ARRAY_TASK_ID" && !text.empty() ? std::optional(text) : std::nullopt;
  });
}

}  // namespace

void FuzzOne(std::span<const std::uint8_t> input) {
  const std::string text(input.begin(), input.end());
  std::vector<std::string> words;
  for (const std::string_view line : SplitLines(text)) {
    // The help goes to stdout and would fill it.
    if (line != "--help" && line != "-h") words.emplace_back(line);
  }
  try {
    Answered([&] { ParseWords(words); });
  } catch (const tools::UsageError&) {  // the parser's "no"
  }
}

}  // namespace deeper::fuzz
