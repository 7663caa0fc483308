// MultiBox as a user trains and uses it, on a network of random weights and pictures of coloured
// rectangles.

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "backbone/files/weight_files.h"
#include "backbone/training/training_log.h"
#include "core/error.h"
#include "core/files/file.h"
#include "detector/examples/data_split.h"
#include "detector/model/model.h"
#include "detector/multibox/multibox_file.h"
#include "tests/support/captured_output.h"
#include "tests/support/catch.h"
#include "tests/tools/training_ground.h"
#include "tools/options/exit_status.h"
#include "tools/options/option_errors.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

struct Fixture : test::TrainingGround {
  std::vector<std::string> Words(const std::string& output,
                                 const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = TrainingGround::Words(
        "multibox",
        Path(output),
        {"--workers",
         "2",
         "--frozen",
         "inception_5b",
         "--batch",
         "4",
         "--steps",
         "4",
         "--micro-batch",
         "2",
         "--checkpoint-every",
         "1",
         "--rate",  // random weights give large features, with which others diverge
         "1e-9",
         "--average",
         "0.5"});
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  // Detects in the pictures of this list with the detector "model", into `name`.
  void Detect(const std::string& set,
              const std::string& name,
              const std::vector<std::string>& more) const {
    std::vector<std::string> words = {"--data",
                                      data,
                                      "--set",
                                      set,
                                      "--model",
                                      Path("model"),
                                      "--output",
                                      Path(name),
                                      "--precision",
                                      "f32",
                                      "--no-drawings"};
    words.insert(words.end(), more.begin(), more.end());
    REQUIRE(RunDetect(words) == kDone);
  }

  // A detector on the same network.
  void TrainDetector(const std::string& name) const {
    REQUIRE(RunTrain(TrainingGround::Words(
                "svm",
                Path(name),
                {"--max-training-boxes", "10", "--no-box-regression", "--self-contained"})) ==
            kDone);
  }
};

TEST_CASE("training writes a MultiBox of as many boxes as asked for, its curves, and recall") {
  const Fixture fixture;
  REQUIRE(RunTrain(fixture.Words(
              "a", {"--boxes", "7", "--holdout", "0.4", "--validate-every", "2"})) == kDone);
  const MultiBox multibox = LoadMultiBox(fixture.Path("a"));
  CHECK(multibox.priors.size() == 7);
  CHECK(multibox == RoundedToBf16(multibox));
  const Weights before = ReadBackboneWeights(fixture.backbone);
  // What is frozen is the backbone's.
  MultiBox frozen = multibox;
  frozen.weights["inception_5b/1x1/weight"] = before.at("inception_5b/1x1/weight");
  CHECK(RoundedToBf16(frozen) == multibox);

  const TrainingLog log(fixture.Path("a") + ".log.jsonl", 1000);
  std::size_t validations = 0;
  for (const TrainingLogLine& line : log.lines())
    validations += line.values.count("validation_recall_50");
  CHECK(validations == 2);
  CHECK(ReadTextFile(fixture.Path("a") + ".svg").find("recall_50") != std::string::npos);
}

TEST_CASE("a training killed again and again gives the bytes of one that is left alone") {
  const Fixture fixture;
  const std::vector<std::string> boxes = {"--boxes", "5"};
  REQUIRE(RunTrain(fixture.Words("whole", boxes)) == kDone);
  int kills = 0;
  bool done = false;
  for (int attempt = 0; attempt < 100 && !done; ++attempt) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) std::_Exit(RunTrain(fixture.Words("killed", boxes)));
    std::this_thread::sleep_for(std::chrono::milliseconds(200 + 100 * attempt));
    kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    done = WIFEXITED(status);
    if (done) REQUIRE(WEXITSTATUS(status) == kDone);
    if (!done) ++kills;
  }
  REQUIRE(done);
  CHECK(kills > 0);
  CHECK(ReadFile(fixture.Path("killed")) == ReadFile(fixture.Path("whole")));
}

TEST_CASE("a finished training needs no steps, and other options are another training") {
  const Fixture fixture;
  const std::vector<std::string> boxes = {"--boxes", "5"};
  REQUIRE(RunTrain(fixture.Words("a", boxes)) == kDone);
  const std::vector<std::uint8_t> finished = ReadFile(fixture.Path("a"));
  REQUIRE(RunTrain(fixture.Words("a", boxes)) == kDone);
  CHECK(ReadFile(fixture.Path("a")) == finished);
  CHECK_THROWS_WITH(RunTrain(fixture.Words("a", {"--boxes", "5", "--matching", "predictions"})),
                    Catch::Contains("checkpoint of another training"));
}

TEST_CASE("a detector that got a MultiBox detects with it, and without it on demand") {
  const Fixture fixture;
  fixture.TrainDetector("model");
  const Model before = LoadModel(fixture.Path("model"));
  REQUIRE(RunTrain(fixture.Words("a", {"--boxes", "7", "--into", fixture.Path("model")})) == kDone);
  Model after = LoadModel(fixture.Path("model"));
  REQUIRE(after.multibox);
  CHECK(*after.multibox ==
        RoundedBeside(before.backbone.value_or(Weights{}), LoadMultiBox(fixture.Path("a"))));
  CHECK(*after.multibox == LoadMultiBox(fixture.Path("model")));
  after.multibox.reset();
  CHECK(after == before);

  const auto boxes_kept = [&](const std::string& name, std::vector<std::string> more) {
    more.insert(more.end(), {"--feature-cache", fixture.Path(name + ".features")});
    fixture.Detect("train", name, more);
    std::uintmax_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(fixture.Path(name + ".features")))
      bytes += entry.is_regular_file() ? entry.file_size() : 0;
    return bytes / (4 * 1024);
  };
  // Pictures of two rectangles give Selective Search a few boxes; 7 more each, but for duplicates.
  const auto with = boxes_kept("with", {});
  const auto without = boxes_kept("without", {"--no-multibox"});
  CHECK(with > without + test::kPictures);
  CHECK(with <= without + 7 * test::kPictures + 1);
}

TEST_CASE("what a training says of held-out pictures, detection finds in them") {
  const Fixture fixture;
  REQUIRE(RunTrain(fixture.Words("a", {"--boxes", "7"})) == kDone);
  test::CapturedOutput said;
  REQUIRE(RunTrain(fixture.TrainingGround::Words("heads",
                                                 fixture.Path("model"),
                                                 {"--multibox",
                                                  fixture.Path("a"),
                                                  "--holdout",
                                                  "0.5",
                                                  "--max-proposals",
                                                  "24",
                                                  "--box-iou",
                                                  "0.5",
                                                  "--softmax-c",
                                                  "1",
                                                  "--self-contained",
                                                  "--calibrate",
                                                  "--json"})) == kDone);
  const auto held_out = nlohmann::json::parse(said.Text())["held_out"];
  const Model model = LoadModel(fixture.Path("model"));
  REQUIRE(model.multibox);
  CHECK(*model.multibox ==
        RoundedBeside(model.backbone.value_or(Weights{}), LoadMultiBox(fixture.Path("a"))));

  std::string list;
  for (int i = 0; i < test::kPictures; ++i) {
    const std::string id = fmt::format("{:03}", i);
    if (IsHeldOut(id, 0.5)) list += id + "\n";
  }
  WriteFileWhole(fixture.directory / "data/ImageSets/Main/held.txt", list);
  const auto evaluated = [&](const std::string& name, const std::vector<std::string>& more) {
    fixture.Detect("held", name, more);
    test::CapturedOutput output;
    REQUIRE(RunEvaluate({"--data",
                         fixture.data,
                         "--set",
                         "held",
                         "--detections",
                         fixture.Path(name + "/detections.jsonl"),
                         "--metric",
                         "voc07",
                         "--json"}) == kDone);
    return nlohmann::json::parse(output.Text())["classes"];
  };
  CHECK(evaluated("with", {}) == held_out["voc07"]["classes"]);
  CHECK(evaluated("without", {"--no-multibox"}) != held_out["voc07"]["classes"]);
}

TEST_CASE(
    "the story of a detection says whether MultiBox proposed it, or Selective Search, or both") {
  const Fixture fixture;
  fixture.TrainDetector("model");
  REQUIRE(RunTrain(fixture.Words("a", {"--boxes", "7", "--into", fixture.Path("model")})) == kDone);
  const auto tell = [&](const std::string& id, const std::vector<std::string>& more) {
    std::vector<std::string> words = {"--data",
                                      fixture.data,
                                      "--set",
                                      "train",
                                      "--model",
                                      fixture.Path("model"),
                                      "--precision",
                                      "f32",
                                      "--min-score",
                                      "-1000",
                                      "--nms-iou",
                                      "1",
                                      "--max-proposals",
                                      "4",
                                      "--output",
                                      fixture.Path("told"),
                                      "--json",
                                      "--explain",
                                      id};
    words.insert(words.end(), more.begin(), more.end());
    test::CapturedOutput output;
    REQUIRE(RunShow(words) == kDone);
    return nlohmann::json::parse(output.Text());
  };
  const std::size_t detections = tell("000", {})["detections"].size();
  std::map<std::string, int> sources;
  for (std::size_t i = 1; i <= detections; ++i) {
    const auto proposal = tell("000:" + std::to_string(i), {})["proposal"];
    ++sources[proposal["source"]];
    CHECK(proposal["multibox_rank"].is_null() == (proposal["source"] == "selective search"));
  }
  CHECK(sources["multibox"] > 0);
  CHECK(sources["selective search"] > 0);
  CHECK(tell("000:1", {"--no-multibox"})["proposal"]["source"] == "selective search");
}

TEST_CASE("proposing with a MultiBox compares it with Selective Search, or joins their boxes") {
  const Fixture fixture;
  REQUIRE(RunTrain(fixture.Words("a", {"--boxes", "7"})) == kDone);
  REQUIRE(RunPropose({"--data",
                      fixture.data,
                      "--set",
                      "train",
                      "--multibox",
                      fixture.Path("a"),
                      "--curve",
                      fixture.Path("curve.svg")}) == kDone);
  const std::string svg = ReadTextFile(fixture.Path("curve.svg"));
  for (const char* name : {">fast<", ">x2<", ">MultiBox<", ">x2 + MultiBox<"})
    CHECK(svg.find(name) != std::string::npos);

  const std::string pictures = fixture.Path("data/JPEGImages");
  REQUIRE(
      RunPropose(
          {pictures, "--multibox", fixture.Path("a"), "--output", fixture.Path("joined.jsonl")}) ==
      kDone);
  REQUIRE(RunPropose({pictures, "--output", fixture.Path("alone.jsonl")}) == kDone);
  const auto count_boxes = [&](const char* name) {
    const std::string text = ReadTextFile(fixture.Path(name));
    std::size_t count = 0;
    for (const std::string_view line : SplitLines(text))
      count += nlohmann::json::parse(line).at("boxes").size();
    return count;
  };
  CHECK(count_boxes("joined.jsonl") > count_boxes("alone.jsonl"));
  REQUIRE(RunPropose({pictures,
                      "--multibox",
                      fixture.Path("a"),
                      "--multibox-alone",
                      "--output",
                      fixture.Path("multibox.jsonl")}) == kDone);
  CHECK(count_boxes("multibox.jsonl") <= 7 * test::kPictures);
  CHECK(count_boxes("multibox.jsonl") >= test::kPictures);
  CHECK_THROWS_AS(RunPropose({pictures, "--multibox-alone"}), UsageError);
  const auto propose_alone = [&](const std::string& views) {
    const std::string output = fixture.Path(views + ".jsonl");
    REQUIRE(RunPropose({pictures,
                        "--multibox",
                        fixture.Path("a"),
                        "--multibox-alone",
                        "--multibox-views",
                        views,
                        "--output",
                        output}) == kDone);
    return ReadTextFile(output);
  };
  CHECK(propose_alone("parts") == ReadTextFile(fixture.Path("multibox.jsonl")));
  CHECK(propose_alone("whole") != ReadTextFile(fixture.Path("multibox.jsonl")));
  CHECK_THROWS_WITH(
      RunPropose({pictures, "--multibox", fixture.Path("a"), "--multibox-views", "x"}),
      Catch::Contains("expected whole or parts"));

  // Objects that no proposal covers: of Selective Search, of MultiBox, of both.
  WriteFileWhole(fixture.Path("found.jsonl"), "");
  test::CapturedOutput output;
  REQUIRE(RunEvaluate({"--data",
                       fixture.data,
                       "--set",
                       "train",
                       "--metric",
                       "voc12",
                       "--detections",
                       fixture.Path("found.jsonl"),
                       "--proposals",
                       fixture.Path("alone.jsonl"),
                       fixture.Path("multibox.jsonl"),
                       "--report",
                       fixture.Path("report"),
                       "--json"}) == kDone);
  const std::string text = output.Text();
  const auto coverage = nlohmann::json::parse(text.substr(0, text.find('\n')))["proposals"];
  REQUIRE(coverage["sources"].size() == 2);
  CHECK(coverage["sources"][1]["name"] == fixture.Path("multibox.jsonl"));
  CHECK(coverage["objects"] == 2 * test::kPictures);
  for (std::size_t s = 0; s < 2; ++s)
    CHECK(coverage["together"]["missed"] <= coverage["sources"][s]["missed"]);
  CHECK(ReadTextFile(fixture.Path("report/report.html")).find("multibox.jsonl") !=
        std::string::npos);
  CHECK(count_boxes("joined.jsonl") <= count_boxes("alone.jsonl") + 7 * test::kPictures);
}

TEST_CASE("what does not go together is refused before the work begins") {
  const Fixture fixture;
  CHECK_THROWS_WITH(RunTrain(fixture.Words("a", {"--boxes", "1000"})),
                    Catch::Contains("at least 1000 different true boxes"));
  CHECK_THROWS_AS(RunTrain(fixture.Words("a", {"--boxes", "5", "--priors", "p"})), UsageError);
  CHECK_THROWS_AS(RunTrain(fixture.Words("a", {"--matching", "nothing"})), UsageError);
  CHECK_THROWS_AS(RunTrain(fixture.Words("a", {"--into", fixture.Path("absent")})), Error);
  CHECK_THROWS_AS(RunPropose({"photos", "--multibox", fixture.backbone, "--curve", "c.svg"}),
                  UsageError);
  CHECK_THROWS_WITH(
      RunPropose({"--data", fixture.data, "--set", "train", "--multibox", fixture.backbone}),
      Catch::Contains("no MultiBox"));
}

}  // namespace
}  // namespace deeper::tools
