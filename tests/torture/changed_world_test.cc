// The same command again after something around it has changed: it gives what a fresh run gives, or
// it is refused.

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/files/file.h"
#include "core/results_version.h"
#include "detector/model/model.h"
#include "detector/model/model_file.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"
#include "tests/tools/training_ground.h"
#include "tests/torture/program.h"
#include "tests/torture/small_detector.h"
#include "tools/options/exit_status.h"
#include "tools/run/journal.h"

namespace deeper::test {
namespace {

namespace fs = std::filesystem;

bool Says(const Ran& ran, const std::string& text) {
  return ran.text.find(text) != std::string::npos;
}

// `jpeg` with an EXIF header that says to turn it by 90 degrees.
std::string Turned(const std::string& jpeg) {
  static constexpr std::string_view kOrientation6(
      "\xFF\xE1\x00\x22"
      "Exif\0\0"
      "MM\0*\0\0\0\x08"
      "\0\x01"
      "\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
      "\0\0\0\0",
      36);
  return jpeg.substr(0, 2) + std::string(kOrientation6) + jpeg.substr(2);
}

// Writes this journal anew as a program would whose results are of an older version.
void MakeOlder(const fs::path& path) {
  const tools::JournalContent content = tools::ReadJournal(path);
  tools::RunRecord run = content.run;
  const std::size_t version = run.configuration.find(kResultsVersionLine);
  REQUIRE(version != std::string::npos);
  run.configuration.replace(version, kResultsVersionLine.size(), "results of version 0\n");
  fs::remove(path);
  tools::Journal journal(path, run);
  for (const auto& [picture, entry] : content.entries) journal.Append(picture, entry);
}

// A detector with a run that was killed when four of its six pictures were done.
struct StoppedRun {
  SmallDetector detector;
  fs::path output = detector / "found";
  std::vector<std::string> options = {"--no-drawings"};

  explicit StoppedRun(SmallKind kind) : detector(6, 2, kind) {
    const Ran killed =
        RunDeeper(Words(), {.environment = Faults(output / "journal", "write:kill:6")});
    REQUIRE(killed.signal == SIGKILL);
    REQUIRE(tools::ReadJournal(output / "journal.jsonl").entries.size() == 4);
  }
  std::vector<std::string> Words() const { return detector.Detect(output, options); }
  // What a run that nothing came before gives now.
  std::map<std::string, std::string> Fresh() const {
    const fs::path fresh = detector / "fresh";
    fs::remove_all(fresh);
    REQUIRE(RunDeeper(detector.Detect(fresh, options)).status == tools::kDone);
    return FilesBelow(fresh);
  }
  // Goes on, and compares with Fresh().
  Ran GoOn(const RunSetup& setup = {}) const {
    Ran ran = RunDeeper(Words(), setup);
    CAPTURE(ran.text);
    CHECK(ran.status == tools::kDone);
    CHECK(FilesBelow(output) == Fresh());
    return ran;
  }
};

TEST_CASE("a stopped detection goes on with the pictures as they are now") {
  const SmallKind kind = GENERATE(SmallKind::kCrops, SmallKind::kWholePictures);
  const StoppedRun run(kind);
  const fs::path& pictures = run.detector.pictures;
  SECTION("nothing changed") { CHECK(!Says(run.GoOn(), "changed")); }
  SECTION("one is replaced by another") {
    fs::copy_file(
        pictures / "p005.jpg", pictures / "p001.jpg", fs::copy_options::overwrite_existing);
    CHECK(Says(run.GoOn(), "1 picture changed since the stopped run, such as "));
  }
  SECTION("one is turned") {
    WriteFileWhole(pictures / "p000.jpg", Turned(ReadTextFile(pictures / "p000.jpg")));
    CHECK(Says(run.GoOn(), "1 picture changed since the stopped run"));
  }
  SECTION("one has another time, and the same content") {
    fs::last_write_time(pictures / "p000.jpg", fs::file_time_type::clock::now());
    CHECK(!Says(run.GoOn(), "changed"));
  }
  SECTION("one is gone, and another has come") {
    fs::rename(pictures / "p001.jpg", pictures / "q.jpg");
    const Ran refused = RunDeeper(run.Words());
    CHECK(refused.status == tools::kFailed);
    CHECK(Says(refused, "left by a run with other options or inputs"));
  }
  SECTION("it is suspended for longer than a picture may take") {
    RunSetup setup;
    setup.suspend_after_s = 0.5;
    setup.suspend_s = 4;
    StoppedRun limited(kind);
    limited.options.insert(limited.options.end(), {"--picture-time-limit", "2"});
    limited.GoOn(setup);
  }
  SECTION("the program has another version") {
    MakeOlder(run.output / "journal.jsonl");
    const Ran refused = RunDeeper(run.Words());
    CAPTURE(refused.text);
    CHECK(refused.status == tools::kFailed);
    CHECK(Says(refused, "results of version 0, now"));
  }
}

TEST_CASE("shards that programs of two versions made are not joined") {
  const SmallDetector detector(4);
  for (int shard = 1; shard <= 2; ++shard) {
    REQUIRE(RunDeeper(detector.Detect(detector / "found", {"--shard", fmt::format("{}/2", shard)}))
                .status == tools::kDone);
  }
  MakeOlder(detector / "found/journal-2-of-2.jsonl");
  const Ran refused = RunDeeper({"merge", (detector / "found").string()});
  CAPTURE(refused.text);
  CHECK(refused.status == tools::kFailed);
  CHECK(Says(refused, "is no part of the run of"));
  CHECK(Says(refused, "of version 0"));
}

TEST_CASE("kept features are those of the pictures as they are now, whatever their names") {
  const SmallDetector detector(3);
  Model model = LoadModel(detector.model);
  model.context_weight = 0.5F;  // so that the whole picture's features are kept too
  model.classifiers.feature_dim *= 2;
  model.classifiers.weights =
      RandomTensor({model.classes.Size(), model.classifiers.feature_dim, 1, 1}, 2, -0.1F, 0.1F)
          .data;
  SaveModel(model, detector.model);
  const fs::path& pictures = detector.pictures;
  // Names that could be taken for what the program derives from others.
  fs::copy_file(pictures / "p001.jpg", pictures / "p000-context.jpg");
  fs::create_directories(pictures / "look-2");
  fs::copy_file(pictures / "p002.jpg", pictures / "look-2/p000.jpg");
  const auto detect = [&](const std::string& output, std::vector<std::string> options) {
    options.insert(options.end(), {"--no-drawings", "--rounds", "2"});
    Ran ran = RunDeeper(detector.Detect(detector / output, options));
    CAPTURE(ran.text);
    REQUIRE(ran.status == tools::kDone);
    return ran;
  };
  const std::vector<std::string> cached = {"--feature-cache", (detector / "cache").string()};
  const auto fresh = [&] {
    detect("fresh", {});
    return FilesBelow(detector / "fresh");
  };
  detect("kept", cached);
  CHECK(FilesBelow(detector / "kept") == fresh());
  CHECK(!Says(detect("kept", cached), "changed"));
  CHECK(FilesBelow(detector / "kept") == fresh());
  fs::copy_file(pictures / "p002.jpg", pictures / "p000.jpg", fs::copy_options::overwrite_existing);
  CHECK(Says(detect("kept", cached), "1 picture changed since features were kept"));
  CHECK(FilesBelow(detector / "kept") == fresh());

  std::string recipe = ReadTextFile(detector / "cache/recipe.txt");
  recipe.replace(
      recipe.find(kResultsVersionLine), kResultsVersionLine.size(), "results of version 0\n");
  WriteFileWhole(detector / "cache/recipe.txt", recipe);
  std::vector<std::string> options = {"--no-drawings", "--rounds", "2"};
  options.insert(options.end(), cached.begin(), cached.end());
  const Ran refused = RunDeeper(detector.Detect(detector / "kept", options));
  CHECK(refused.status == tools::kFailed);
  CHECK(Says(refused, "of version 0"));
}

TEST_CASE("results are complete where standard output is full, and the command says so") {
  const SmallDetector detector(2);
  const auto words = [&](const std::string& output) {
    return detector.Detect(detector / output, {"--json"});
  };
  REQUIRE(RunDeeper(words("fresh")).status == tools::kDone);
  CHECK(RunDeeper(words("found"), {.output = "/dev/full"}).status == tools::kFailed);
  CHECK(FilesBelow(detector / "found") == FilesBelow(detector / "fresh"));
  CHECK(RunDeeper(words("found")).status == tools::kDone);
  CHECK(FilesBelow(detector / "found") == FilesBelow(detector / "fresh"));
}

TEST_CASE("a training goes on with the pictures as they are now, or is refused") {
  const TrainingGround ground;
  const auto train = [&](const std::string& name) {
    const Ran ran = RunDeeper(ground.TrainWords(
        "svm --output {} --no-box-regression --max-training-boxes 4", ground.Path(name)));
    CAPTURE(ran.text);
    REQUIRE(ran.status == tools::kDone);
    return ran;
  };
  const auto finetune = [&] {
    return RunDeeper(ground.TrainWords(
        "finetune --output {} --frozen inception_5a --foreground 4 --background 4 --steps 1 "
        "--micro-batch 2",
        ground.Path("tuned")));
  };
  train("model");
  const Ran begun = finetune();
  CAPTURE(begun.text);
  REQUIRE(begun.status == tools::kDone);
  CHECK(finetune().status == tools::kDone);

  std::vector<fs::path> pictures;
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(ground.directory / "data")) {
    if (entry.path().extension() == ".jpg") pictures.push_back(entry.path());
  }
  REQUIRE(!pictures.empty());
  // All of them: some are of the test set.
  for (const fs::path& picture : pictures)
    WriteFileWhole(picture, ReadTextFile(picture) + "a word behind the end");
  CHECK(Says(train("model"), "changed since features were kept"));
  train("fresh");
  CHECK(ReadFile(ground.Path("model")) == ReadFile(ground.Path("fresh")));
  const Ran refused = finetune();
  CAPTURE(refused.text);
  CHECK(refused.status == tools::kFailed);
  CHECK(Says(refused, "is the checkpoint of another training"));
  CHECK(Says(refused, "content of the pictures"));
}

}  // namespace
}  // namespace deeper::test
