// Fine-tuning as a user runs it, on a network of random weights and pictures of coloured
// rectangles.

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "backbone/files/weight_files.h"
#include "backbone/training/training_log.h"
#include "core/error.h"
#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/tools/training_ground.h"
#include "tools/options/exit_status.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

struct Fixture : test::TrainingGround {
  // A fine-tuning into `output`, with more words.
  template <typename... Values>
  int Finetune(const std::string& output,
               std::string_view more = "",
               const Values&... values) const {
    return Train(
        "finetune --output {} --proposals-cache {} --workers 2 --frozen inception_5a "
        "--foreground 4 --background 4 --steps 4 --micro-batch 2 --checkpoint-every 1 "
        "--average 0.5 {}",
        Path(output),
        Path("proposals"),
        test::Words(more, values...));
  }
};

TEST_CASE("fine-tuning writes a network for the classes and background, and its curves") {
  const Fixture fixture;
  REQUIRE(fixture.Finetune("a", "--holdout 0.4 --validate-every 2 --validation-examples 8") ==
          kDone);
  const Weights tuned = ReadBackboneWeights(fixture.Path("a"));
  const Weights before = ReadBackboneWeights(fixture.backbone);
  CHECK(tuned.at("loss3/classifier/bias").shape == Shape{3, 1, 1, 1});
  CHECK(tuned.at("inception_5a/1x1/weight") == before.at("inception_5a/1x1/weight"));
  CHECK(tuned.at("inception_5b/1x1/weight") != before.at("inception_5b/1x1/weight"));

  const TrainingLog log(fixture.Path("a") + ".log.jsonl", 1000);
  std::size_t validations = 0;
  for (const TrainingLogLine& line : log.lines())
    validations += line.values.count("validation_map");
  CHECK(validations == 2);
  CHECK(log.lines().size() == 4 + validations);
  CHECK(ReadTextFile(fixture.Path("a") + ".svg").find("validation") != std::string::npos);

  // From it svm makes a detector on the tuned network.
  CHECK(test::Run("train svm --data {} --set train --backbone {} --output {} --precision f32 "
                  "--max-training-boxes 10 --no-box-regression",
                  fixture.data,
                  fixture.Path("a"),
                  fixture.Path("model")) == kDone);
}

TEST_CASE("with kept activations the same network comes out, from a cache that is cold or warm") {
  const Fixture fixture;
  REQUIRE(fixture.Finetune("plain") == kDone);
  for (const char* name : {"cold", "warm"}) {
    REQUIRE(fixture.Finetune(name, "--activation-cache {}", fixture.Path("activations")) == kDone);
    CHECK(ReadFile(fixture.Path(name)) == ReadFile(fixture.Path("plain")));
  }
}

TEST_CASE("a fine-tuning killed again and again gives the bytes of one that is left alone") {
  const Fixture fixture;
  REQUIRE(fixture.Finetune("whole") == kDone);
  int kills = 0;
  bool done = false;
  for (int attempt = 0; attempt < 100 && !done; ++attempt) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) std::_Exit(fixture.Finetune("killed"));
    std::this_thread::sleep_for(std::chrono::milliseconds(300 + 150 * attempt));
    kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    done = WIFEXITED(status);
    if (done) REQUIRE(WEXITSTATUS(status) == kDone);
    if (!done) ++kills;
  }
  REQUIRE(done);
  CHECK(kills > 1);
  CHECK(ReadFile(fixture.Path("killed")) == ReadFile(fixture.Path("whole")));
}

TEST_CASE("a checkpoint of other options is refused, and a finished training needs no steps") {
  const Fixture fixture;
  REQUIRE(fixture.Finetune("a") == kDone);
  const std::vector<std::uint8_t> bytes = ReadFile(fixture.Path("a"));
  CHECK(fixture.Finetune("a") == kDone);
  CHECK(ReadFile(fixture.Path("a")) == bytes);
  CHECK_THROWS_WITH(fixture.Finetune("a", "--rate 0.5"),
                    Catch::Contains("checkpoint of another training"));
}

}  // namespace
}  // namespace deeper::tools
