#include "tools/options/configuration.h"

#include <cstdlib>

#include "core/error.h"
#include "core/files/file.h"
#include "tests/support/captured_output.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"
#include "tools/options/command_line.h"
#include "tools/options/option_errors.h"

namespace deeper::tools {
namespace {

namespace po = boost::program_options;

struct Values {
  int count = 1;
  double share = 0.25;
  bool quiet = false;
  std::vector<std::string> models;
  bool parsed = false;
  bool share_given = false;
};

Values ParseVerb(const std::vector<std::string>& words) {
  Values values;
  CommandLine line("verb", "Does something.", {"deeper verb --count 2"});
  line.Group("Things").add_options()(
      "count", po::value(&values.count)->value_name("N"), "how many")(
      "share", po::value(&values.share)->default_value(values.share), "how much")(
      "quiet", po::bool_switch(&values.quiet), "no noise")(
      "model", po::value(&values.models), "models");
  values.parsed = line.Parse(words);
  values.share_given = values.parsed && line.Given("share");
  return values;
}

// A variable of the environment, set while this exists.
struct Variable {
  std::string name;
  Variable(std::string of, const std::string& value) : name(std::move(of)) {
    setenv(name.c_str(), value.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): one thread
  }
  ~Variable() { unsetenv(name.c_str()); }  // NOLINT(concurrency-mt-unsafe)
};

TEST_CASE("a configuration file gives the options of the verb's section alone") {
  const auto options = ParseConfiguration(
      "# all\n[other]\ncount = 9\n\n[verb]\n  count=2 \noutput = found here # kept\r\n[train "
      "svm]\nc = 1\n",
      "f.conf",
      "verb");
  CHECK(options == std::vector<ConfiguredOption>{
                       {.name = "count", .value = "2", .where = "f.conf:6"},
                       {.name = "output", .value = "found here # kept", .where = "f.conf:7"}});
  CHECK(ParseConfiguration("[train svm]\nc = 1\n", "f.conf", "train svm").size() == 1);
}

TEST_CASE("a line that is no option, section or comment is refused with its place") {
  for (const char* bad : {"[verb]\ncount",
                          "[verb]\ncount =",
                          "[verb]\n= 2",
                          "[verb]\n--count = 2",
                          "# a\ncount = 2",
                          "# a\n[]"}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH(ParseConfiguration(bad, "f.conf", "verb"), Catch::Contains("f.conf:2: "));
  }
}

TEST_CASE(
    "the command line goes before the environment, that before the file, that before defaults") {
  const test::TemporaryDirectory directory;
  const std::string file = (directory / "f.conf").string();
  WriteFileWhole(file, "[verb]\ncount = 2\nshare = 0.5\nquiet = true\nmodel = a\nmodel = b\n");
  Values values = ParseVerb({"--config", file});
  CHECK(values.count == 2);
  CHECK(values.share == 0.5);
  CHECK(values.share_given);
  CHECK(values.quiet);
  CHECK(values.models == std::vector<std::string>{"a", "b"});
  {
    const Variable count("DEEPER_OPTION_COUNT", "3");
    const Variable config("DEEPER_CONFIG", file);
    values = ParseVerb({});
    CHECK(values.count == 3);
    CHECK(values.share == 0.5);
    values = ParseVerb({"--count", "4", "--model", "c"});
    CHECK(values.count == 4);
    CHECK(values.models == std::vector<std::string>{"c"});
  }
  values = ParseVerb({});
  CHECK(values.count == 1);
  CHECK(values.share == 0.25);
  CHECK_FALSE(values.share_given);
}

TEST_CASE("a wrong option or value in a file or the environment is refused with its place") {
  const test::TemporaryDirectory directory;
  const std::string file = (directory / "f.conf").string();
  WriteFileWhole(file, "[verb]\ncuont = 2\n");
  CHECK_THROWS_WITH(ParseVerb({"--config", file}),
                    Catch::Contains("f.conf:2: ") && Catch::Contains("did you mean 'count'?"));
  WriteFileWhole(file, "[verb]\ncount = two\n");
  CHECK_THROWS_WITH(ParseVerb({"--config", file}),
                    Catch::Contains("f.conf:2: ") && Catch::Contains("expected a whole number"));
  WriteFileWhole(file, "[verb]\ncount = 2\ncount = 3\n");
  CHECK_THROWS_AS(ParseVerb({"--config", file}), UsageError);
  CHECK_THROWS_AS(ParseVerb({"--config", (directory / "none").string()}), Error);
  const Variable share("DEEPER_OPTION_SHARE", "half");
  CHECK_THROWS_WITH(ParseVerb({}), Catch::Contains("DEEPER_OPTION_SHARE: "));
}

TEST_CASE(
    "the option --dump-config prints every option with its source, as a file that gives the same "
    "again") {
  const test::TemporaryDirectory directory;
  const std::string file = (directory / "f.conf").string();
  WriteFileWhole(file, "[verb]\nshare = 0.5\n");
  std::string text;
  {
    const Variable quiet("DEEPER_OPTION_QUIET", "yes");
    test::CapturedOutput output;
    CHECK_FALSE(
        ParseVerb({"--config", file, "--model", "a", "--model", "b", "--dump-config"}).parsed);
    text = output.Text();
  }
  CHECK(text.find("[verb]\n") != std::string::npos);
  CHECK(text.find("# not set: how many\n# count = N\n") != std::string::npos);
  CHECK(text.find("# from " + file + ":2\nshare = 0.5\n") != std::string::npos);
  CHECK(text.find("# from DEEPER_OPTION_QUIET\nquiet = yes\n") != std::string::npos);
  CHECK(text.find("# from the command line\nmodel = a\nmodel = b\n") != std::string::npos);
  WriteFileWhole(file, text);
  const Values again = ParseVerb({"--config", file});
  CHECK(again.share == 0.5);
  CHECK(again.quiet);
  CHECK(again.models == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a file that gives a default does not choose it, the command line does") {
  const test::TemporaryDirectory directory;
  const std::string file = (directory / "f.conf").string();
  WriteFileWhole(file, "[verb]\nshare = 0.25\n");
  CHECK_FALSE(ParseVerb({"--config", file}).share_given);
  CHECK(ParseVerb({"--config", file, "--share", "0.25"}).share_given);
  WriteFileWhole(file, "[verb]\nshare = 0.3\n");
  CHECK(ParseVerb({"--config", file}).share_given);
}

TEST_CASE("what a model says of options that nobody gives is dumped, with what no option says") {
  int count = 1;
  double share = 0.25;
  const auto parse = [&](CommandLine& line, const std::vector<std::string>& words) {
    line.Group("Things").add_options()(
        "count", po::value(&count)->notifier([&](int value) { count = value; }), "how many")(
        "share", po::value(&share)->default_value(share), "how much");
    line.ShowDefaultsOf([&] {
      return std::vector<ConfiguredOption>{
          {.name = "count", .value = std::to_string(10 * count), .where = "m.model"},
          {.name = "share", .value = "0.75", .where = "m.model"},
          {.name = "colour", .value = "red", .where = "m.model"}};
    });
    return line.Parse(words);
  };
  test::CapturedOutput output;
  CommandLine first("verb", "Does something.", {"deeper verb"});
  CHECK_FALSE(parse(first, {"--share", "0.5", "--dump-config"}));
  const std::string text = output.Text();
  CHECK(text.find("# from m.model\ncount = 10\n") != std::string::npos);
  CHECK(text.find("# from the command line\nshare = 0.5\n") != std::string::npos);
  CHECK(text.find("# from m.model; no option\n# colour = red\n") != std::string::npos);
}

TEST_CASE("variables that are no option of the verb are listed") {
  const Variable misspelt("DEEPER_OPTION_CUONT", "3");
  const Variable other("DEEPER_OPTION_SVM_C", "");
  const Variable right("DEEPER_OPTION_COUNT", "4");
  CHECK(UnknownVariables({"count", "share"}) ==
        std::vector<std::string>{"DEEPER_OPTION_CUONT", "DEEPER_OPTION_SVM_C"});
  CHECK(ParseVerb({}).count == 4);  // said on stderr, not refused
}

}  // namespace
}  // namespace deeper::tools
