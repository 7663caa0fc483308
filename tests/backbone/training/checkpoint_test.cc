#include "backbone/training/checkpoint.h"

#include <string>
#include <vector>

#include "backbone/files/safetensors.h"
#include "core/error.h"
#include "core/files/file.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

SolverState SomeState() {
  return {.weights = {{"a/weight", test::RandomTensor({2, 3, 1, 1}, 1)},
                      {"frozen/weight", test::RandomTensor({1, 2, 3, 3}, 2)}},
          .momentum = {{"a/weight", test::RandomTensor({2, 3, 1, 1}, 3)}},
          .averages = {{"a/weight", test::RandomTensor({2, 3, 1, 1}, 4)}},
          .step = 12345};
}

TEST_CASE("a checkpoint gives back the state, exactly, and the same state the same bytes") {
  const test::TemporaryDirectory directory;
  SaveCheckpoint(SomeState(), "recipe\n", directory / "a");
  CHECK(LoadCheckpoint("recipe\n", directory / "a") == SomeState());
  SaveCheckpoint(SomeState(), "recipe\n", directory / "b");
  CHECK(ReadFile(directory / "a") == ReadFile(directory / "b"));
}

TEST_CASE("where there is no checkpoint there is no state") {
  const test::TemporaryDirectory directory;
  CHECK(LoadCheckpoint("recipe", directory / "none") == std::nullopt);
}

TEST_CASE("a checkpoint of another training is refused, naming what differs") {
  const test::TemporaryDirectory directory;
  SaveCheckpoint(SomeState(), "rate 0.1\n", directory / "a");
  CHECK_THROWS_WITH(LoadCheckpoint("rate 0.2\n", directory / "a"),
                    Catch::Contains("rate 0.1, now 0.2"));
}

TEST_CASE("other files are refused as checkpoints") {
  const test::TemporaryDirectory directory;
  WriteSafetensors({.tensors = {}, .metadata = {{"format", "deeper-backbone"}}}, directory / "a");
  CHECK_THROWS_WITH(LoadCheckpoint("", directory / "a"), Catch::Contains("deeper-backbone"));
  WriteFileWhole(directory / "b", std::string_view("no safetensors"));
  CHECK_THROWS_AS(LoadCheckpoint("", directory / "b"), Error);
}

}  // namespace
}  // namespace deeper
