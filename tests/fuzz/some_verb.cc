#include "tests/fuzz/some_verb.h"

#include "core/files/file.h"
#include "tests/fuzz/fuzz_target.h"
#include "tools/options/command_line.h"
#include "tools/options/network_options.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/run/shard.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

void Parse(const std::vector<std::string>& words) {
  CommandLine line("verb", "Does something.", {"deeper verb"});
  std::vector<std::string> inputs;
  std::string text;
  double number = 0.5;
  int count = 3;
  bool flag = false;
  ProposalOptions proposals;
  RunOptions run;
  ShardOptions shard;
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
  CheckRange("number", number, 0, 1);
  SplitAtCommas("text", text);
  proposals.Over(DefaultProposals());
  shard.Choose([&](const std::string& name) {
    return name == "SLURM_ARRAY_TASK_ID" && !text.empty() ? std::optional(text) : std::nullopt;
  });
}

}  // namespace
}  // namespace deeper::tools

void deeper::fuzz::ParseSomeVerb(const std::vector<std::string>& words) {
  try {
    Answered([&] { tools::Parse(words); });
  } catch (const tools::UsageError&) {  // the parser's "no"
  }
}
