// MultiBox as a user trains and uses it, on a network of random weights and pictures of coloured
// rectangles.

#include "detector/multibox/multibox.h"

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
#include <string_view>
#include <thread>
#include <vector>

#include "backbone/files/weight_files.h"
#include "backbone/training/training_log.h"
#include "core/error.h"
#include "core/files/file.h"
#include "detector/examples/data_split.h"
#include "detector/model/model.h"
#include "detector/model/model_file.h"
#include "detector/multibox/multibox_file.h"
#include "eval/formats/voc.h"
#include "tests/support/captured_output.h"
#include "tests/support/catch.h"
#include "tests/tools/run_verb.h"
#include "tests/tools/training_ground.h"
#include "tools/options/exit_status.h"
#include "tools/options/option_errors.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

using test::Run;
using test::Words;

struct Fixture : test::TrainingGround {
  // Trains a MultiBox into `output`, with more words.
  template <typename... Values>
  int TrainMultiBox(const std::string& output,
                    std::string_view more,
                    const Values&... values) const {
    // Random weights give large features, with which other rates diverge.
    return Train(
        "multibox --output {} --workers 2 --frozen inception_5b --batch 4 --steps 4 "
        "--micro-batch 2 --checkpoint-every 1 --rate 1e-9 --average 0.5 {}",
        Path(output),
        Words(more, values...));
  }

  // Detects in the pictures of this list with the detector "model", into `name`.
  template <typename... Values>
  void Detect(const std::string& set,
              const std::string& name,
              std::string_view more,
              const Values&... values) const {
    REQUIRE(Run("detect --data {} --set {} --model {} --output {} --precision f32 --no-drawings {}",
                data,
                set,
                Path("model"),
                Path(name),
                Words(more, values...)) == kDone);
  }

  // A detector on the same network.
  void TrainDetector(const std::string& name) const {
    REQUIRE(Train("svm --output {} --max-training-boxes 10 --no-box-regression --self-contained",
                  Path(name)) == kDone);
  }
};

TEST_CASE("training writes a MultiBox of as many boxes as asked for, its curves, and recall") {
  const Fixture fixture;
  REQUIRE(fixture.TrainMultiBox("a", "--boxes 7 --holdout 0.4 --validate-every 2") == kDone);
  const MultiBox multibox = LoadMultiBox(fixture.Path("a"));
  CHECK(multibox.priors.size() == 7);
  CHECK(multibox == RoundedToBf16(multibox));
  const Weights before = ReadBackboneWeights(fixture.backbone);
  // Frozen layers are the backbone's.
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
  REQUIRE(fixture.TrainMultiBox("whole", "--boxes 5") == kDone);
  int kills = 0;
  bool done = false;
  for (int attempt = 0; attempt < 100 && !done; ++attempt) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) std::_Exit(fixture.TrainMultiBox("killed", "--boxes 5"));
    std::this_thread::sleep_for(std::chrono::milliseconds(300 + 300 * attempt));
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
  REQUIRE(fixture.TrainMultiBox("a", "--boxes 5") == kDone);
  const std::vector<std::uint8_t> finished = ReadFile(fixture.Path("a"));
  REQUIRE(fixture.TrainMultiBox("a", "--boxes 5") == kDone);
  CHECK(ReadFile(fixture.Path("a")) == finished);
  CHECK_THROWS_WITH(fixture.TrainMultiBox("a", "--boxes 5 --matching predictions"),
                    Catch::Contains("checkpoint of another training"));
}

TEST_CASE("a detector that got a MultiBox detects with it, and without it on demand") {
  const Fixture fixture;
  fixture.TrainDetector("model");
  const Model before = LoadModel(fixture.Path("model"));
  REQUIRE(fixture.TrainMultiBox("a", "--boxes 7 --into {}", fixture.Path("model")) == kDone);
  CHECK(LoadModel(fixture.Path("model") + ".before") == before);
  Model after = LoadModel(fixture.Path("model"));
  REQUIRE(after.multibox);
  CHECK(*after.multibox ==
        RoundedBeside(before.backbone.value_or(Weights{}), LoadMultiBox(fixture.Path("a"))));
  CHECK(*after.multibox == LoadMultiBox(fixture.Path("model")));
  after.multibox.reset();
  CHECK(after == before);

  const auto boxes_kept = [&](const std::string& name, std::string_view more) {
    fixture.Detect(
        "train", name, "--feature-cache {} {}", fixture.Path(name + ".features"), Words(more));
    std::uintmax_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(fixture.Path(name + ".features")))
      bytes += entry.is_regular_file() ? entry.file_size() : 0;
    return bytes / (4 * 1024);
  };
  // In pictures of two rectangles Selective Search finds a few boxes. MultiBox adds 7 each, except
  // duplicates.
  const auto with = boxes_kept("with", "");
  const auto without = boxes_kept("without", "--no-multibox");
  CHECK(with > without + test::kPictures);
  CHECK(with <= without + 7 * test::kPictures + 1);
}

TEST_CASE("what a training says of held-out pictures, detection finds in them") {
  const Fixture fixture;
  REQUIRE(fixture.TrainMultiBox("a", "--boxes 7") == kDone);
  test::CapturedOutput said;
  REQUIRE(fixture.Train("heads --output {} --multibox {} --holdout 0.5 --max-proposals 24 "
                        "--box-iou 0.5 --softmax-c 1 --self-contained --calibrate --json",
                        fixture.Path("model"),
                        fixture.Path("a")) == kDone);
  const auto held_out = nlohmann::json::parse(said.Text())["held_out"];
  const Model model = LoadModel(fixture.Path("model"));
  REQUIRE(model.multibox);
  CHECK(*model.multibox ==
        RoundedBeside(model.backbone.value_or(Weights{}), LoadMultiBox(fixture.Path("a"))));

  std::string list;
  const Dataset dataset = ReadVocDataset(fixture.directory / "data", "train").dataset;
  const Holdout holdout(dataset, 0.5);
  for (const AnnotatedImage& image : dataset.images) {
    if (holdout.Contains(image.id)) list += image.id + "\n";
  }
  WriteFileWhole(fixture.directory / "data/ImageSets/Main/held.txt", list);
  const auto evaluated = [&](const std::string& name, std::string_view more) {
    fixture.Detect("held", name, more);
    test::CapturedOutput output;
    REQUIRE(Run("evaluate --data {} --set held --detections {} --metric voc07 --json",
                fixture.data,
                fixture.Path(name + "/detections.jsonl")) == kDone);
    return nlohmann::json::parse(output.Text())["classes"];
  };
  CHECK(evaluated("with", "") == held_out["voc07"]["classes"]);
  CHECK(evaluated("without", "--no-multibox") != held_out["voc07"]["classes"]);
}

TEST_CASE(
    "the story of a detection says whether MultiBox proposed it, or Selective Search, or both") {
  const Fixture fixture;
  fixture.TrainDetector("model");
  REQUIRE(fixture.TrainMultiBox("a", "--boxes 7 --into {}", fixture.Path("model")) == kDone);
  const auto story = [&](const std::string& id, std::string_view more) {
    test::CapturedOutput output;
    REQUIRE(Run("show --data {} --set train --model {} --precision f32 --min-score -1000 "
                "--nms-iou 1 --max-proposals 4 --output {} --json --explain {} {}",
                fixture.data,
                fixture.Path("model"),
                fixture.Path("stories"),
                id,
                Words(more)) == kDone);
    return nlohmann::json::parse(output.Text());
  };
  const std::size_t detections = story("000", "")["detections"].size();
  std::map<std::string, int> sources;
  for (std::size_t i = 1; i <= detections; ++i) {
    const auto proposal = story("000:" + std::to_string(i), "")["proposal"];
    ++sources[proposal["source"]];
    CHECK(proposal["multibox_rank"].is_null() == (proposal["source"] == "selective search"));
  }
  CHECK(sources["multibox"] > 0);
  CHECK(sources["selective search"] > 0);
  CHECK(story("000:1", "--no-multibox")["proposal"]["source"] == "selective search");
}

// A MultiBox of seven boxes, and the proposals of each kind for the data set's pictures. Claims
// share one.
struct Proposed : Fixture {
  std::string multibox = Path("a");
  std::string pictures = Path("data/JPEGImages");
  std::string alone = Path("alone.jsonl");           // Selective Search's
  std::string joined = Path("joined.jsonl");         // both
  std::string by_multibox = Path("multibox.jsonl");  // MultiBox's

  Proposed() {
    REQUIRE(TrainMultiBox("a", "--boxes 7") == kDone);
    REQUIRE(Run("propose {} --output {}", pictures, alone) == kDone);
    REQUIRE(Run("propose {} --multibox {} --output {}", pictures, multibox, joined) == kDone);
    REQUIRE(Run("propose {} --multibox {} --multibox-alone --output {}",
                pictures,
                multibox,
                by_multibox) == kDone);
  }

  static const Proposed& Shared() {
    static const Proposed proposed;
    return proposed;
  }
};

std::size_t CountBoxes(const std::string& path) {
  const std::string text = ReadTextFile(path);
  std::size_t count = 0;
  for (const std::string_view line : SplitLines(text))
    count += nlohmann::json::parse(line).at("boxes").size();
  return count;
}

TEST_CASE("proposing with a MultiBox draws its recall beside that of Selective Search") {
  const Proposed& proposed = Proposed::Shared();
  REQUIRE(Run("propose --data {} --set train --multibox {} --curve {}",
              proposed.data,
              proposed.multibox,
              proposed.Path("curve.svg")) == kDone);
  const std::string svg = ReadTextFile(proposed.Path("curve.svg"));
  for (const char* name : {">fast<", ">x2<", ">MultiBox<", ">x2 + MultiBox<"})
    CHECK(svg.find(name) != std::string::npos);
}

TEST_CASE("a MultiBox's proposals join those of Selective Search, or stand alone") {
  const Proposed& proposed = Proposed::Shared();
  CHECK(CountBoxes(proposed.joined) > CountBoxes(proposed.alone));
  CHECK(CountBoxes(proposed.joined) <= CountBoxes(proposed.alone) + 7 * test::kPictures);
  CHECK(CountBoxes(proposed.by_multibox) <= 7 * test::kPictures);
  CHECK(CountBoxes(proposed.by_multibox) >= test::kPictures);
  CHECK_THROWS_AS(Run("propose {} --multibox-alone", proposed.pictures), UsageError);
}

TEST_CASE("a MultiBox looks at the parts of a picture too unless the whole is asked for") {
  const Proposed& proposed = Proposed::Shared();
  const auto propose = [&](const std::string& views) {
    const std::string output = proposed.Path(views + ".jsonl");
    REQUIRE(Run("propose {} --multibox {} --multibox-alone --multibox-views {} --output {}",
                proposed.pictures,
                proposed.multibox,
                views,
                output) == kDone);
    return ReadTextFile(output);
  };
  CHECK(propose("parts") == ReadTextFile(proposed.by_multibox));
  CHECK(propose("whole") != ReadTextFile(proposed.by_multibox));
  CHECK_THROWS_WITH(
      Run("propose {} --multibox {} --multibox-views x", proposed.pictures, proposed.multibox),
      Catch::Contains("expected whole or parts"));
}

TEST_CASE("objects that no proposal covers are counted for Selective Search, MultiBox and both") {
  const Proposed& proposed = Proposed::Shared();
  WriteFileWhole(proposed.Path("found.jsonl"), "");
  test::CapturedOutput output;
  REQUIRE(Run("evaluate --data {} --set train --metric voc12 --detections {} --proposals {} {} "
              "--report {} --json",
              proposed.data,
              proposed.Path("found.jsonl"),
              proposed.alone,
              proposed.by_multibox,
              proposed.Path("report")) == kDone);
  const std::string text = output.Text();
  const auto coverage = nlohmann::json::parse(text.substr(0, text.find('\n')))["proposals"];
  REQUIRE(coverage["sources"].size() == 2);
  CHECK(coverage["sources"][1]["name"] == proposed.by_multibox);
  CHECK(coverage["objects"] == 2 * test::kPictures);
  for (std::size_t s = 0; s < 2; ++s)
    CHECK(coverage["together"]["missed"] <= coverage["sources"][s]["missed"]);
  CHECK(ReadTextFile(proposed.Path("report/report.html")).find("multibox.jsonl") !=
        std::string::npos);
}

TEST_CASE("what does not go together is refused before the work begins") {
  const Fixture fixture;
  CHECK_THROWS_WITH(fixture.TrainMultiBox("a", "--boxes 1000"),
                    Catch::Contains("at least 1000 different true boxes"));
  CHECK_THROWS_AS(fixture.TrainMultiBox("a", "--boxes 5 --priors p"), UsageError);
  CHECK_THROWS_AS(fixture.TrainMultiBox("a", "--matching nothing"), UsageError);
  CHECK_THROWS_AS(fixture.TrainMultiBox("a", "--into {}", fixture.Path("absent")), Error);
  CHECK_THROWS_AS(Run("propose photos --multibox {} --curve c.svg", fixture.backbone), UsageError);
  CHECK_THROWS_WITH(
      Run("propose --data {} --set train --multibox {}", fixture.data, fixture.backbone),
      Catch::Contains("no MultiBox"));
}

}  // namespace
}  // namespace deeper::tools
