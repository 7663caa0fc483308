// The features that training keeps: killed, damaged or both, the same command gives the same model.

#include <fmt/format.h>

#include <csignal>

#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/tools/training_ground.h"
#include "tests/torture/program.h"
#include "tests/torture/small_detector.h"

namespace deeper::test {
namespace {

namespace fs = std::filesystem;

TEST_CASE("training killed while it extracts, then with damaged features, gives the same model") {
  const TrainingGround ground;
  const auto& directory = ground.directory;
  const auto train = [&](const std::string& name) {
    return ground.TrainWords("svm --output {} --no-box-regression --max-training-boxes 4",
                             ground.Path(name));
  };
  REQUIRE(RunDeeper(train("clean")).status == 0);
  const std::vector<std::uint8_t> clean = ReadFile(directory / "clean");

  const fs::path cache = directory / "model.features";
  for (const int call : {6, 20, 33}) {
    const Ran killed = RunDeeper(
        train("model"), {.environment = Faults(cache, fmt::format("change:torn:{}", call))});
    REQUIRE(killed.signal == SIGKILL);
  }
  REQUIRE(RunDeeper(train("model")).status == 0);
  CHECK(ReadFile(directory / "model") == clean);

  std::size_t damaged = 0;
  for (const auto& [name, content] : FilesBelow(cache)) {
    if (!name.ends_with(".safetensors")) continue;
    std::string changed = content;
    if (++damaged == 1) changed.resize(changed.size() / 2);
    if (damaged == 2) changed.back() = static_cast<char>(changed.back() ^ 1);
    if (damaged == 3) changed.clear();
    WriteFileWhole(cache / name, changed);
    if (damaged == 3) break;
  }
  REQUIRE(damaged == 3);
  const Ran again = RunDeeper(train("model"));
  CAPTURE(again.text);
  CHECK(again.status == 0);
  CHECK(again.text.find("that were damaged and are extracted again") != std::string::npos);
  CHECK(ReadFile(directory / "model") == clean);
}

}  // namespace
}  // namespace deeper::test
