// A torn picture is refused wherever pictures are read, and taken with --lenient.

#include <filesystem>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/tools/training_ground.h"
#include "tools/options/exit_status.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

// A training ground whose pictures are torn, all or one.
struct TornGround : test::TrainingGround {
  std::vector<fs::path> pictures;

  TornGround() {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory / "data")) {
      if (entry.path().extension() == ".jpg") pictures.push_back(entry.path());
    }
  }
  static void Tear(const fs::path& picture) {
    const std::string bytes = ReadTextFile(picture);
    WriteFileWhole(picture, bytes.substr(0, bytes.size() - 40));
  }
};

TEST_CASE("trainings take torn pictures with --lenient alone, and keep both apart") {
  const TornGround ground;
  REQUIRE(ground.pictures.size() >= 6);
  for (const fs::path& picture : ground.pictures) TornGround::Tear(picture);
  const auto svm = [&](const char* output, const char* more) {
    return ground.Train("svm --output {} --no-box-regression --max-training-boxes 4 {}",
                        ground.Path(output),
                        test::Words(more));
  };
  CHECK_THROWS_WITH(svm("model", ""), Catch::Contains("no picture is left to train on"));
  CHECK(svm("lenient", "--lenient") == kDone);
  CHECK_THROWS_WITH(
      svm("again", ("--cache " + ground.Path("lenient") + ".features").c_str()),
      Catch::Contains("another recipe") && Catch::Contains("with lenient, now without"));

  const auto finetune = [&](const char* output, const char* more) {
    return ground.Train(
        "finetune --output {} --frozen inception_5a --foreground 4 --background 4 --steps 1 "
        "--micro-batch 2 {}",
        ground.Path(output),
        test::Words(more));
  };
  CHECK_THROWS_AS(finetune("tuned", ""), Error);
  CHECK(finetune("leniently", "--lenient") == kDone);
}

TEST_CASE("quantization is measured, and pictures are timed, on torn pictures with --lenient") {
  const TornGround ground;
  const fs::path picture = ground.pictures.front();
  REQUIRE(ground.Train("svm --output {} --no-box-regression --max-training-boxes 4 "
                       "--self-contained",
                       ground.Path("model")) == kDone);
  TornGround::Tear(picture);
  const auto run = [&](const char* verb, const char* more) {
    return test::RunWords(test::Words(verb, picture, test::Words(more)));
  };
  const std::string quantize =
      "model quantize " + ground.backbone + " {} --output " + ground.Path("q.safetensors") + " {}";
  CHECK_THROWS_WITH(run(quantize.c_str(), ""), Catch::Contains("no picture could be read"));
  CHECK(run(quantize.c_str(), "--lenient") == kDone);
  const std::string bench = "bench {} --model " + ground.Path("model") +
                            " --precision f32 --workers 1 --rounds 1 --seconds 0.01 --no-opencv "
                            "--json {}";
  CHECK_THROWS_WITH(run(bench.c_str(), ""), Catch::Contains("truncated or corrupt"));
  CHECK(run(bench.c_str(), "--lenient") == kDone);
}

}  // namespace
}  // namespace deeper::tools
