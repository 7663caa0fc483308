// Training a classifier of whole pictures on photographs.

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "backbone/training/training_log.h"
#include "core/files/file.h"
#include "tests/support/captured_output.h"
#include "tests/support/catch.h"
#include "tests/support/data.h"
#include "tests/support/temporary_directory.h"
#include "tests/tools/run_verb.h"
#include "tools/options/exit_status.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

// Photographs of a sample of 200, one per folder: twelve of them, or 192 with a stride of 1.
void MakeFolders(const fs::path& data, const fs::path& folders, std::size_t stride = 16) {
  std::vector<fs::path> pictures;
  for (const fs::directory_entry& entry : fs::directory_iterator(data / "imagenet_sample"))
    pictures.push_back(entry.path());
  std::sort(pictures.begin(), pictures.end());
  REQUIRE(pictures.size() == 200);
  for (std::size_t i = 0; i < 192; i += stride) {
    const fs::path folder = folders / pictures[i].stem();
    fs::create_directories(folder);
    fs::copy_file(pictures[i], folder / pictures[i].filename());
  }
}

// Trains the layers above inception_4e on the folders, with more words.
TrainingLog Train(const fs::path& data,
                  const fs::path& folders,
                  const std::string& output,
                  std::string_view more) {
  REQUIRE(test::Run("train classify --data {} --backbone {} --frozen inception_4e --output {} "
                    "--batch 12 --rate 0.003 --new-layer-rate 10 --workers 2 {}",
                    folders,
                    data / "weights/bvlc_googlenet.caffemodel",
                    output,
                    test::Words(more)) == kDone);
  return {output + ".log.jsonl", 1000};
}

TEST_CASE("a network with its upper modules trained learns its photographs, crops varied or not") {
  DEEPER_REQUIRE_DATA(data);
  const test::TemporaryDirectory directory;
  MakeFolders(data, directory / "folders");
  const std::string output = (directory / "named").string();
  const TrainingLog log =
      Train(data, directory / "folders", output, "--steps 40 --validate-every 40 --average 0.9");
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

TEST_CASE("a validation's accuracy is that of deeper classify") {
  DEEPER_REQUIRE_DATA(data);
  const test::TemporaryDirectory directory;
  const std::string folders = (directory / "folders").string();
  MakeFolders(data, folders, 1);
  const std::string output = (directory / "named").string();
  const TrainingLog log =
      Train(data, folders, output, "--steps 24 --validate-every 24 --average 0 --precision f32");
  const double accuracy = log.lines().back().values.at("validation_accuracy_on_trained");
  CHECK(accuracy > 0.1);  // some of them: the crops matter
  CHECK(accuracy < 0.95);
  test::CapturedOutput captured;
  REQUIRE(
      test::Run("classify --data {} --backbone {} --labels {}.labels.txt --precision f32 --json",
                folders,
                output,
                output) == kDone);
  const auto measured = nlohmann::json::parse(captured.Text());
  CHECK(measured["pictures"] == 192);
  CHECK(1 - measured["mean"]["top1_error"].get<double>() == Approx(accuracy));
}

}  // namespace
}  // namespace deeper::tools
