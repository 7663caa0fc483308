// What every verb does alike. The verbs, their options and when those are read are taken from the
// program's own --help, so that a new verb is tested by itself.

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/files/file.h"
#include "core/files/temporary_files.h"
#include "core/random.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"
#include "tests/torture/program.h"
#include "tests/torture/small_detector.h"
#include "tools/options/exit_status.h"

namespace deeper::test {
namespace {

namespace fs = std::filesystem;

using Command = std::vector<std::string>;

std::vector<std::string> WordsIn(const std::string& text) {
  std::vector<std::string> words;
  for (const std::string_view word : SplitFields(text)) words.emplace_back(word);
  return words;
}

template <typename... Lists>
Command Joined(const Lists&... lists) {
  Command all;
  (all.insert(all.end(), lists.begin(), lists.end()), ...);
  return all;
}

// The text of a --help.
std::string HelpOf(const Command& verb) {
  const Ran ran = RunDeeper(Joined(verb, Command{"--help"}));
  REQUIRE(ran.status == tools::kDone);
  return ran.text;
}

// The words that a --help lists, one to a line indented by two.
std::vector<std::string> ListedIn(const std::string& help) {
  static const std::regex kLine("^  ([a-z][a-z-]*)  *[a-zA-Z].*");
  std::vector<std::string> listed;
  for (const std::string_view line : SplitLines(help)) {
    std::match_results<std::string_view::const_iterator> match;
    if (!std::regex_match(line.begin(), line.end(), match, kLine)) continue;
    if (match[1].str() != "deeper") listed.push_back(match[1].str());
  }
  return listed;
}

// Every verb, and every verb of a verb: {"detect"}, {"train", "svm"}, ...
std::vector<Command> AllVerbs() {
  std::vector<Command> verbs;
  for (const std::string& verb : ListedIn(HelpOf({}))) {
    const std::vector<std::string> inner = ListedIn(HelpOf({verb}));
    if (inner.empty()) verbs.push_back({verb});
    for (const std::string& name : inner) verbs.push_back({verb, name});
  }
  REQUIRE(verbs.size() >= 25);
  return verbs;
}

std::string NameOf(const Command& verb) { return fmt::format("{}", fmt::join(verb, " ")); }

// A line of the section of a --help that says when options are read.
struct Restriction {
  std::vector<std::string> options;
  std::vector<std::string> with;     // "--bootstrap", "--schedule step"
  std::vector<std::string> without;  // as `with`
};

std::vector<std::string> SplitAt(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text.find(separator, begin)) != std::string::npos;
       begin = end + separator.size()) {
    parts.push_back(text.substr(begin, end - begin));
  }
  if (!text.empty()) parts.push_back(text.substr(begin));
  return parts;
}

std::vector<Restriction> RestrictionsIn(const std::string& help) {
  static const std::regex kLine(
      "^    (--[^:]*): (?:read with (.*) alone(?:, not with (.*))?|not read with (.*))$");
  std::vector<Restriction> restrictions;
  for (const std::string_view line : SplitLines(help)) {
    std::match_results<std::string_view::const_iterator> match;
    if (!std::regex_match(line.begin(), line.end(), match, kLine)) continue;
    restrictions.push_back({.options = SplitAt(match[1], ", "),
                            .with = SplitAt(match[2], " or "),
                            .without = SplitAt(match[3].str() + match[4].str(), " or ")});
  }
  return restrictions;
}

// Values that the option takes by the help: those of its list, "1" where it has none. Nothing for
// an option without a value.
std::vector<std::string> ValuesOf(const std::string& help, const std::string& option) {
  std::smatch match;
  if (!std::regex_search(help, match, std::regex("\n +(?:-., )?" + option + " ([^ \n]+)")))
    return {};
  const std::string name = match[1].str();
  if (name.find('|') == std::string::npos) return {"1"};
  return SplitAt(name.substr(0, name.find('[')), "|");
}

// The option with a value, if it takes one by the help.
Command WithValue(const std::string& help, const std::string& option) {
  const std::vector<std::string> values = ValuesOf(help, option);
  return values.empty() ? Command{option} : Command{option, values.front()};
}

// What makes a condition such as "--schedule step" not hold: another value. Nothing for an option
// without a value, which is left out.
Command Unmet(const std::string& help, const std::string& condition) {
  const std::vector<std::string> words = WordsIn(condition);
  if (words.size() != 2) return {};
  for (const std::string& value : ValuesOf(help, words[0])) {
    if (value != words[1]) return {words[0], value};
  }
  return {};
}

TEST_CASE("an option that is given where it is not read is refused, in every verb") {
  std::size_t refused = 0;
  const std::vector<Command> verbs = AllVerbs();
  for (const Command& verb : verbs) {
    const std::string help = HelpOf(verb);
    const auto check = [&](const Command& others, const std::string& option) {
      const Command command = Joined(verb, others, WithValue(help, option));
      CAPTURE(command);
      const Ran ran = RunDeeper(command);
      CAPTURE(ran.text);
      CHECK(ran.status == tools::kUsage);
      // What is needed to give it there may be refused before it.
      std::string given = option;
      for (const std::string& word : others) given += word.starts_with("--") ? "|" + word : "";
      CHECK(
          std::regex_search(ran.text, std::regex("^deeper: (" + given + ") is (not )?read with")));
      ++refused;
    };
    for (const Restriction& restriction : RestrictionsIn(help)) {
      for (const std::string& option : restriction.options) {
        Command none;
        for (const std::string& condition : restriction.with) {
          const Command unmet = Unmet(help, condition);
          none.insert(none.end(), unmet.begin(), unmet.end());
        }
        if (!restriction.with.empty()) check(none, option);
        for (const std::string& condition : restriction.without) {
          Command met;
          if (!restriction.with.empty()) met = WithValue(help, restriction.with.front());
          const std::vector<std::string> words = WordsIn(condition);
          check(Joined(met, words.size() == 2 ? words : WithValue(help, condition)), option);
        }
      }
    }
  }
  CHECK(refused > 100);
  fmt::print("{} options refused in {} verbs\n", refused, verbs.size());
}

TEST_CASE("the help of every verb that a full disk does not take ends with status 1 and a word") {
  for (const Command& verb : AllVerbs()) {
    CAPTURE(verb);
    const Ran ran = RunDeeper(Joined(verb, Command{"--help"}), {.output = "/dev/full"});
    CHECK(ran.status == tools::kFailed);
    CHECK(ran.text.find("standard output: cannot write") != std::string::npos);
  }
}

// A small world in which opening any file whose path holds "/hang" never ends, as on a disk that
// does not answer.
struct HangingWorld {
  SmallDetector detector{2};
  std::string data = (detector / "hang.jsonl").string();
  std::string weights = (detector / "hang.safetensors").string();
  std::string pictures = (detector / "hanging").string();
  std::string output = (detector / "output").string();

  HangingWorld() {
    WriteFileWhole(data, "{}\n");
    WriteFileWhole(weights, "weights");
    for (const char* folder : {"hanging/cat", "hanging/dog"}) {
      fs::create_directories(detector / folder);
      fs::copy_file(detector.pictures / "p000.jpg", detector / folder / "1.jpg");
    }
    WriteFileWhole(detector / "hang-journal-1-of-1.jsonl", "{}\n");
  }

  // Words behind a verb that make it open such a file; nothing for an unknown verb.
  std::optional<Command> WordsFor(const Command& verb) const {
    const std::string model = detector.model.string();
    const std::string data_set = "jsonl:" + data;
    const Command trains = {"--data", data_set, "--output", output};
    const Command trains_model = Joined(trains, Command{"--model", weights});
    const std::map<std::string, Command> words = {
        {"detect", {pictures, "--model", model, "--output", output}},
        {"evaluate", {"--data", data_set, "--detections", data}},
        {"show", {"--data", data_set, "--detections", data, "--output", output}},
        {"convert", {"--detections", data, "--to", "coco", "--output", output}},
        {"propose", {pictures, "--output", output}},
        {"merge", {(detector / "hang-journal-1-of-1.jsonl").string(), "--output", output}},
        {"check", {"--data", data_set}},
        {"classify", {pictures, "--backbone", weights, "--labels", data}},
        {"serve", {"--model", weights, "--port", "0"}},
        {"bench", {"--model", weights}},
        {"model info", {weights}},
        {"model import", {weights, output}},
        {"model export", {weights, output}},
        {"model quantize", {weights, pictures, "--output", output}},
        {"model check", {weights}},
        {"train all", trains},
        {"train fast-rcnn", trains},
        {"train ranker", trains_model},
        {"train finetune", trains},
        {"train features", trains},
        {"train svm", trains},
        {"train softmax", trains},
        {"train heads", Joined(trains, Command{"--holdout", "0.5"})},
        {"train boxes", trains_model},
        {"train calibrate", Joined(trains_model, Command{"--detections", data})},
        {"train multibox", trains},
        {"train classify", {"--data", pictures, "--backbone", weights, "--output", output}}};
    const auto found = words.find(NameOf(verb));
    return found == words.end() ? std::nullopt : std::optional(found->second);
  }
};

// Files that were begun and not finished.
std::size_t CountTemporaries(const fs::path& directory) {
  return static_cast<std::size_t>(
      std::count_if(fs::recursive_directory_iterator(directory), {}, [](const auto& entry) {
        return IsTemporary(entry.path());
      }));
}

TEST_CASE("SIGTERM ends every verb within seconds, even where the disk does not answer") {
  // Orderly work has 8 s; the rest is for a busy machine.
  constexpr double kMostSeconds = 30;
  const HangingWorld world;
  RunSetup setup{.environment = Faults(world.detector.directory.path(), ""), .stop_after_s = 0.3};
  setup.environment["DEEPER_FAULT_HANG"] = "/hang";
  for (const Command& verb : AllVerbs()) {
    const std::optional<Command> words = world.WordsFor(verb);
    INFO("a new verb wants words in HangingWorld: " << NameOf(verb));
    REQUIRE(words);
    const Ran ran = RunDeeper(Joined(verb, *words), setup);
    CAPTURE(ran.text);
    CHECK(ran.status == tools::kTerminated);
    CHECK(ran.stopped_in_s.value_or(kMostSeconds) < kMostSeconds);
    CHECK_FALSE(fs::is_regular_file(world.output));
    CHECK(CountTemporaries(world.detector.directory.path()) == 0);
    fs::remove_all(world.output);
  }
}

// True objects and detections of so many pictures as JSON lines.
void WriteManyPictures(std::size_t pictures, const fs::path& truth, const fs::path& detections) {
  std::string objects;
  std::string found;
  for (std::size_t i = 0; i < pictures; ++i) {
    const std::string head = fmt::format(R"({{"image": "{}", "width": 100, "height": 100, )", i);
    const std::string box = fmt::format(R"("class": "cat", "box": [1, 2, {}, 90])", 20 + i % 50);
    objects += head + R"("annotations": [{)" + box + "}]}\n";
    found += head + R"("detections": [{)" + box + fmt::format(R"(, "score": 0.{}}}]}})", i % 9 + 1);
    found += "\n";
  }
  WriteFileWhole(truth, objects);
  WriteFileWhole(detections, found);
}

TEST_CASE("SIGTERM ends an evaluation that computes for minutes, and nothing is written") {
  const TemporaryDirectory directory;
  const std::string truth = (directory / "truth.jsonl").string();
  const std::string found = (directory / "found.jsonl").string();
  WriteManyPictures(2000, truth, found);
  const Command evaluate = {"evaluate",
                            "--data",
                            "jsonl:" + truth,
                            "--detections",
                            found,
                            "--output",
                            (directory / "map.json").string()};
  const Ran whole = RunDeeper(evaluate);
  CAPTURE(whole.text);
  REQUIRE(whole.status == tools::kDone);
  fs::remove(directory / "map.json");

  const Ran ran =
      RunDeeper(Joined(evaluate, Command{"--bootstrap", "1000000"}), {.stop_after_s = 2});
  CAPTURE(ran.text);
  CHECK(ran.status == tools::kTerminated);
  CHECK(ran.stopped_in_s.value_or(100) < 10);
  CHECK_FALSE(fs::exists(directory / "map.json"));
}

TEST_CASE("stopped at random moments, a run leaves nothing half-written and goes on to its bytes") {
  const SmallDetector detector(12);
  const Ran undisturbed = RunDeeper(detector.Detect(detector / "clean"));
  REQUIRE(undisturbed.status == tools::kDone);
  const fs::path output = detector / "found";
  const std::size_t wanted = Times(4, 100);
  Random random(5);
  for (std::size_t stops = 0; stops < wanted;) {
    const Ran ran = RunDeeper(detector.Detect(output),
                              {.stop_after_s = random.Uniform() * undisturbed.time_s / 2});
    CAPTURE(ran.text);
    CHECK(CountTemporaries(detector.directory.path()) == 0);
    if (ran.status == tools::kTerminated) {
      ++stops;
      if (!fs::exists(output / "detections.jsonl") || fs::exists(output / "journal.jsonl"))
        continue;
    } else {
      CHECK(ran.status == tools::kDone);
    }
    CHECK(FilesBelow(output) == FilesBelow(detector / "clean"));
    fs::remove_all(output);
  }
}

TEST_CASE("results that standard output does not take are told by status 1 and a word") {
  const SmallDetector detector(2);
  const TemporaryDirectory directory;
  const std::string truth = (directory / "truth.jsonl").string();
  const std::string found = (directory / "found.jsonl").string();
  WriteManyPictures(10, truth, found);
  const std::string data = "jsonl:" + truth;
  const std::string output = (directory / "output").string();
  const std::vector<Command> commands = {
      detector.Detect(directory / "detected", {"--json"}),
      {"evaluate", "--data", data, "--detections", found},
      {"evaluate", "--data", data, "--detections", found, "--json"},
      {"evaluate", "--data", data, "--compare", found, found},
      {"convert", "--detections", found, "--to", "coco", "--output", output, "--json"},
      {"propose", detector.pictures.string()},
      {"propose", detector.pictures.string(), "--output", output, "--json"},
      {"model", "info", detector.model.string()},
      {"detect", "--dump-config"}};
  for (const Command& command : commands) {
    CAPTURE(command);
    const Ran taken = RunDeeper(command);
    CAPTURE(taken.text);
    CHECK(taken.status == tools::kDone);
    const Ran ran = RunDeeper(command, {.output = "/dev/full"});
    CAPTURE(ran.text);
    CHECK(ran.status == tools::kFailed);
    CHECK(ran.text.find("standard output: cannot write") != std::string::npos);
  }
}

// A line for the shell.
std::string LineOf(const Command& words) {
  std::string line = ProgramPath();
  for (const std::string& word : words) line += " '" + word + "'";
  return line;
}

TEST_CASE("messages that nobody takes end no work") {
  const SmallDetector detector(2);
  const std::string line = LineOf(detector.Detect(detector / "found"));
  CHECK(RunProgram({"sh", "-c", line + " 2>/dev/full"}).status == tools::kDone);
  CHECK(fs::exists(detector / "found/detections.jsonl"));
}

TEST_CASE("no result file takes the place of a standard output that is closed") {
  const SmallDetector detector(2);
  REQUIRE(RunDeeper(detector.Detect(detector / "clean")).status == tools::kDone);
  const std::string line = LineOf(detector.Detect(detector / "found", {"--json"}));
  const Ran ran = RunProgram({"sh", "-c", line + " >&-"});
  CAPTURE(ran.text);
  CHECK(ran.status == tools::kFailed);
  CHECK(ran.text.find("standard output: cannot write") != std::string::npos);
  CHECK(FilesBelow(detector / "found") == FilesBelow(detector / "clean"));
}

}  // namespace
}  // namespace deeper::test
