#include "detector/multibox/multibox_file.h"

#include <filesystem>
#include <string>

#include "backbone/files/stored_floats.h"
#include "backbone/files/weight_files.h"
#include "core/error.h"
#include "core/files/file.h"
#include "detector/model/model_file.h"
#include "detector/multibox/multibox.h"
#include "tests/detector/random_multibox.h"
#include "tests/support/catch.h"
#include "tests/support/remedy.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

TEST_CASE("a MultiBox comes back from its file to the last bit, the same bytes for the same") {
  const test::TemporaryDirectory directory;
  const MultiBox multibox = test::RandomMultiBox(7, 1);
  SaveMultiBox(multibox, directory / "a");
  CHECK(LoadMultiBox(directory / "a") == multibox);
  SaveMultiBox(LoadMultiBox(directory / "a"), directory / "b");
  CHECK(ReadFile(directory / "a") == ReadFile(directory / "b"));
}

TEST_CASE("rounded to bf16 it takes half the bytes, and rounding again changes nothing") {
  const test::TemporaryDirectory directory;
  const MultiBox multibox = test::RandomMultiBox(7, 1);
  const MultiBox rounded = RoundedToBf16(multibox);
  CHECK(rounded != multibox);
  CHECK(RoundedToBf16(rounded) == rounded);
  SaveMultiBox(multibox, directory / "f32");
  SaveMultiBox(rounded, directory / "bf16");
  CHECK(LoadMultiBox(directory / "bf16") == rounded);
  CHECK(fs::file_size(directory / "bf16") < fs::file_size(directory / "f32") * 51 / 100);
}

TEST_CASE("blobs that the network beside it has too are stored once") {
  const MultiBox multibox = test::RandomMultiBox(7, 1);
  Weights backbone = test::RandomWeights(1);  // the same but for what is changed here
  backbone.at("inception_5b/1x1/weight").data[0] += 1;
  std::map<std::string, StoredTensor> tensors = TensorsOf(multibox, backbone);
  CHECK(tensors.size() == 2 + 6 + 1);  // priors and mean, the head, the changed blob
  CHECK(tensors.contains("multibox/inception_5b/1x1/weight"));
  tensors["backbone/x"] = {};
  const auto extracted = ExtractMultiBox(tensors);
  CHECK(tensors.size() == 1);
  CHECK(MultiBoxFrom(extracted, backbone, "file") == multibox);
}

TEST_CASE("beside a network it takes a byte a weight, but for what the network has too") {
  const test::TemporaryDirectory directory;
  const MultiBox multibox = test::RandomMultiBox(7, 1);
  Weights backbone = test::RandomWeights(1);
  for (auto& [name, blob] : backbone) {
    if (name.starts_with("inception_5")) blob.data[0] += 1;
  }
  const MultiBox rounded = RoundedBeside(backbone, multibox);
  CHECK(RoundedBeside(backbone, rounded) == rounded);
  std::size_t own_values = 0;
  std::size_t bytes = 0;
  for (const auto& [name, blob] : multibox.weights) {
    const auto shared = backbone.find(name);
    const bool is_shared = shared != backbone.end() && shared->second == blob;
    CHECK((rounded.weights.at(name) == blob) == (is_shared || name.ends_with("/bias")));
    if (!is_shared) own_values += blob.data.size();
  }
  const std::map<std::string, StoredTensor> tensors = TensorsOf(rounded, backbone);
  for (const auto& [name, tensor] : tensors) bytes += tensor.bytes.size();
  CHECK(bytes < own_values * 102 / 100);
  CHECK(MultiBoxFrom(tensors, backbone, "file") == rounded);
  SaveMultiBox(rounded, directory / "alone");
  CHECK(LoadMultiBox(directory / "alone") == rounded);
}

TEST_CASE("files of another kind, damaged or incomplete ones are refused by name") {
  const test::TemporaryDirectory directory;
  const MultiBox multibox = test::RandomMultiBox(7, 1);
  WriteBackboneWeights(test::RandomWeights(1), directory / "backbone");
  CHECK_THROWS_WITH(LoadMultiBox(directory / "backbone"), Catch::Contains("no MultiBox"));
  CHECK(test::RemedyOf([&] { LoadMultiBox(directory / "backbone"); }) == Remedy::kTrainMultiBox);

  SaveMultiBox(multibox, directory / "good");
  Safetensors content = ReadSafetensors(directory / "good");
  const auto refused = [&](auto damage, const char* what) {
    Safetensors damaged = content;
    damage(damaged.tensors);
    WriteSafetensors(damaged, directory / "damaged");
    CHECK_THROWS_WITH(LoadMultiBox(directory / "damaged"),
                      Catch::Contains("damaged: ") && Catch::Contains(what));
  };
  refused([](auto& tensors) { tensors.erase("multibox/priors"); }, "'multibox/priors' is missing");
  refused([](auto& tensors) { tensors.erase("multibox/map_head/fc/bias"); }, "map_head/fc/bias");
  refused([](auto& tensors) { tensors["other"] = StoreFloats({}, {0}); }, "'other' is unknown");
  refused([](auto& tensors) { tensors.at("multibox/mean_bgr").bytes[2] ^= 1; }, "fingerprint");
  refused([](auto& tensors) { tensors.at("multibox/priors").shape = {7 * 4, 2}; }, "boxes x 2 x 4");
}

}  // namespace
}  // namespace deeper
