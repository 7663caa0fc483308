// Training a classifier of whole pictures on photographs.

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "core/file.h"
#include "tests/support/catch.h"
#include "tests/support/data.h"
#include "tests/support/temporary_directory.h"
#include "tools/command_line.h"
#include "tools/training_log.h"
#include "tools/verbs.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

// Twelve photographs, one a folder.
void MakeFolders(const fs::path& data, const fs::path& folders) {
  std::vector<fs::path> pictures;
  for (const fs::directory_entry& entry : fs::directory_iterator(data / "imagenet_sample"))
    pictures.push_back(entry.path());
  std::sort(pictures.begin(), pictures.end());
  REQUIRE(pictures.size() >= 192);
  for (std::size_t i = 0; i < 192; i += 16) {
    const fs::path folder = folders / pictures[i].stem();
    fs::create_directories(folder);
    fs::copy_file(pictures[i], folder / pictures[i].filename());
  }
}

TEST_CASE("a network with its upper modules trained learns its photographs, crops varied or not") {
  DEEPER_REQUIRE_DATA(data);
  const test::TemporaryDirectory directory;
  MakeFolders(data, directory / "folders");
  const std::string output = (directory / "named").string();
  const std::vector<std::string> words = {"classify",
                                          "--data",
                                          (directory / "folders").string(),
                                          "--backbone",
                                          (data / "weights/bvlc_googlenet.caffemodel").string(),
                                          "--frozen",
                                          "inception_4e",
                                          "--output",
                                          output,
                                          "--steps",
                                          "40",
                                          "--batch",
                                          "12",
                                          "--rate",
                                          "0.003",
                                          "--new-layer-rate",
                                          "10",
                                          "--validate-every",
                                          "40",
                                          "--workers",
                                          "2",
                                          "--average",
                                          "0.9"};
  REQUIRE(RunTrain(words) == kDone);
  const TrainingLog log(output + ".log.jsonl", 1000);
  double first = 0;
  double last = 0;
  for (const TrainingLogLine& line : log.lines()) {
    if (line.values.contains("loss") && line.step < 5) first += line.values.at("loss");
    if (line.values.contains("loss") && line.step >= 35) last += line.values.at("loss");
  }
  CAPTURE(first, last);
  CHECK(last < first / 3);
  CHECK(log.lines().back().values.at("validation_accuracy_on_trained") > 0.95);
  CHECK(SplitLines(ReadTextFile(output + ".labels.txt")).size() == 12);
}

}  // namespace
}  // namespace deeper::tools
