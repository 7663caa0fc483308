#include "tools/options/command_line.h"

#include <cstdlib>

#include "tests/support/catch.h"
#include "tools/options/option_errors.h"

namespace deeper::tools {
namespace {

namespace po = boost::program_options;

struct Parsed {
  int count = 1;
  std::vector<std::string> inputs;
};

Parsed ParseWords(const std::vector<std::string>& words) {
  Parsed parsed;
  CommandLine line("verb", "Does something.", {"deeper verb --count 2"});
  line.Group("Things").add_options()(
      "count", po::value(&parsed.count)->value_name("N"), "how many")(
      "input", po::value(&parsed.inputs)->value_name("FILE"), "what");
  line.TakeWords("input", "FILE...");
  line.Parse(words);
  return parsed;
}

std::string MessageFor(const std::vector<std::string>& words) {
  try {
    ParseWords(words);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("options and words between them are both taken") {
  const Parsed parsed = ParseWords({"a.jpg", "--count", "3", "b.jpg"});
  CHECK(parsed.count == 3);
  CHECK(parsed.inputs == std::vector<std::string>{"a.jpg", "b.jpg"});
}

TEST_CASE("a misspelt option is refused and the nearest one named") {
  CHECK(MessageFor({"--cuont", "3"}) == "unknown option '--cuont'; did you mean '--count'?");
  CHECK(MessageFor({"--zebra", "3"}) == "unknown option '--zebra'");
}

TEST_CASE("a prefix of an option is not that option") {
  CHECK(MessageFor({"--cou", "3"}) == "unknown option '--cou'");
}

TEST_CASE("a value that is no number and a repeated option are refused") {
  CHECK(MessageFor({"--count", "1.5"}) == "--count is '1.5', expected a whole number");
  CHECK(MessageFor({"--count", "1", "--count", "2"}) ==
        "--count is there more than once, expected one");
  CHECK(MessageFor({"--count", "99999999999"}) ==
        "--count is '99999999999', expected a whole number from -2147483648 to 2147483647");
  CHECK(MessageFor({"--count"}) == "--count has no value, expected --count N");
  CommandLine line("verb", "Does something.", {});
  double share = 0;
  line.Group("Things").add_options()("share", po::value(&share), "how much");
  CHECK_THROWS_WITH(line.Parse({"--share", "half"}), "--share is 'half', expected a number");
}

TEST_CASE("a number below 0 is refused where none can be, and not taken for the largest") {
  CommandLine line("verb", "Does something.", {});
  std::size_t steps = 0;
  line.Group("Things").add_options()("steps", po::value(&steps), "how many");
  CHECK_THROWS_WITH(line.Parse({"--steps", "-1"}),
                    "--steps is -1 (the command line), expected a whole number from 0");
  CHECK_THROWS_WITH(line.Parse({"--steps=-1"}), Catch::Contains("--steps is -1"));
}

TEST_CASE("words that look like the placeholders of Boost's messages are shown as they stand") {
  CHECK(MessageFor({"--count", "5%value%"}) == "--count is '5%value%', expected a whole number");
  CHECK(MessageFor({"--count=%canonical_option%%original_token%"}) ==
        "--count is '%canonical_option%%original_token%', expected a whole number");
  for (const char* word : {"--%canonical_option%", "--%option%=%prefix%", "-%original_token%"}) {
    CAPTURE(word);
    CHECK(MessageFor({word}).find('%') != std::string::npos);
  }
}

// What a verb with the options of detection says of these words; "" where it takes them.
struct Chosen {
  std::string precision;
  std::string format;
  std::string output;
  int workers = 0;
  bool json = false;
};
Chosen ParseShort(const std::vector<std::string>& words) {
  Chosen chosen;
  CommandLine line("verb", "Does something.", {});
  line.Group("Things").add_options()(
      "precision", po::value(&chosen.precision)->value_name("auto|f32|bf16"), "numbers")(
      "format", po::value(&chosen.format)->value_name("jsonl|coco[,...]"), "files")(
      "output", po::value(&chosen.output)->value_name("DIR"), "where")(
      "workers", po::value(&chosen.workers)->value_name("N"), "threads")(
      "json", po::bool_switch(&chosen.json), "as JSON");
  line.Parse(words);
  return chosen;
}

std::string MessageOfShort(const std::vector<std::string>& words) {
  try {
    ParseShort(words);
    return "";
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST_CASE("a letter is its option, with its value behind it or in it") {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"-o", "found", "-j", "4"},
                                             {"-ofound", "-j4"},
                                             {"-o=found", "-w=4"},
                                             {"--output", "found", "--workers=4"}}) {
    CAPTURE(words);
    const Chosen chosen = ParseShort(words);
    CHECK(chosen.output == "found");
    CHECK(chosen.workers == 4);
  }
  CHECK(MessageOfShort({"-x"}) == "unknown option '-x'");
  CHECK(MessageOfShort({"-m", "a"}) == "unknown option '-m'");  // of verbs with --model alone
  CHECK(MessageOfShort({"-output", "a"}) == "unknown option '-output'; did you mean '--output'?");
  CHECK(MessageOfShort({"-o"}) == "--output has no value, expected --output DIR");
  CHECK(MessageOfShort({"-o", "a", "--output", "b"}) ==
        "--output is there more than once, expected one");
  CHECK(MessageOfShort({"--json=yes"}) == "--json takes no value; leave it out");
}

TEST_CASE(
    "of a value from a list capitals make no difference, and others are refused with the list") {
  CHECK(ParseShort({"--precision", "BF16"}).precision == "bf16");
  CHECK(ParseShort({"--format", "COCO, jsonl"}).format == "coco,jsonl");
  CHECK(MessageOfShort({"--precision", "bf61"}) ==
        "--precision is 'bf61', expected auto, f32 or bf16; did you mean 'bf16'?");
  CHECK(MessageOfShort({"--format", "jsonl,xml"}) ==
        "--format is 'xml', expected jsonl or coco, or several between commas");
}

TEST_CASE("stray words are refused by name where a verb takes none, or one") {
  CommandLine none("verb", "Does something.", {});
  std::string file;
  none.Group("Things").add_options()("file", po::value(&file)->required(), "what");
  CHECK_THROWS_WITH(none.Parse({"stray", "more"}),
                    "'deeper verb' takes options alone; which one should 'stray' belong to?");
  CommandLine one("verb", "Does something.", {});
  one.Group("Things").add_options()("file", po::value(&file), "what");
  one.TakeWords("file", "FILE");
  CHECK_THROWS_WITH(one.Parse({"a", "b"}),
                    "expected FILE alone, found more; a name with blanks needs quotes");
}

TEST_CASE("help shows the examples before the options") {
  CommandLine line("verb", "Does something.", {"deeper verb --count 2"});
  int count = 0;
  double share = 0.3;
  line.Group("Things").add_options()("count", po::value(&count), "how many")(
      "share", po::value(&share)->default_value(share), "how much");
  const std::string help = line.Help();
  CHECK(help.find("Does something.") == 0);
  CHECK(help.find("deeper verb --count 2") < help.find("how many"));
  CHECK(help.find("how many") != std::string::npos);
  CHECK(help.find("(=0.3)") != std::string::npos);
  CHECK(help.find("  -h, --help   ") != std::string::npos);
  for (std::size_t begin = 0; begin < help.size();) {
    const std::size_t end = help.find('\n', begin);
    CHECK(end - begin <= 100);
    begin = end + 1;
  }
}

// What a verb of these options says of its words; "" where it takes them.
std::string RestrictedMessageFor(const std::vector<std::string>& words) {
  CommandLine line("verb", "Does something.", {});
  bool compare = false;
  std::string schedule = "step,plain";
  int seed = 1;
  int factor = 1;
  line.Group("Things").add_options()("compare", po::bool_switch(&compare), "")(
      "schedule", po::value(&schedule)->default_value(schedule), "")(
      "seed", po::value(&seed)->default_value(seed), "")("factor", po::value(&factor), "");
  line.Restrict({{.options = "seed factor", .without = "compare"},
                 {.options = "factor", .with = "schedule=step schedule=late"}});
  try {
    line.Parse(words);
    return "";
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST_CASE("an option is refused where it is not read, and taken where it is") {
  CHECK(RestrictedMessageFor({"--seed", "2", "--factor", "3"}).empty());
  CHECK(RestrictedMessageFor({"--compare"}).empty());
  CHECK(RestrictedMessageFor({"--seed", "2", "--compare"}) ==
        "--seed is not read with --compare; leave it out");
  // Also with the value that it has anyway: whoever gives it expects it to be read.
  CHECK(RestrictedMessageFor({"--seed", "1", "--compare"}) ==
        "--seed is not read with --compare; leave it out");
}

TEST_CASE("an option that is read with a value of another one is refused with other values") {
  CHECK(RestrictedMessageFor({"--factor", "3", "--schedule", "poly,late"}).empty());
  CHECK(RestrictedMessageFor({"--factor", "3", "--schedule", "poly"}) ==
        "--factor is read with --schedule step or --schedule late alone; leave it out");
}

TEST_CASE("the environment's options are for all uses of a verb, and no mistake in any") {
  setenv("DEEPER_OPTION_SEED", "7", 1);  // NOLINT(concurrency-mt-unsafe): one thread
  CHECK(RestrictedMessageFor({"--compare"}).empty());
  unsetenv("DEEPER_OPTION_SEED");  // NOLINT(concurrency-mt-unsafe): one thread
}

}  // namespace
}  // namespace deeper::tools
