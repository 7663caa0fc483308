#include "tools/options/find_model.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/error.h"
#include "core/files/file.h"
#include "detector/model/find_backbone.h"
#include "detector/model/model_file.h"
#include "detector/training/train_detector.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

// Models are looked for here alone: in $DEEPER_MODELS and below the current directory.
struct ModelsHere {
  test::TemporaryDirectory directory;
  fs::path before = fs::current_path();

  ModelsHere() {
    fs::current_path(directory.path());
    setenv("DEEPER_MODELS", directory.path().c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
  }
  ModelsHere(const ModelsHere&) = delete;
  ModelsHere& operator=(const ModelsHere&) = delete;
  ~ModelsHere() {
    unsetenv("DEEPER_MODELS");  // NOLINT(concurrency-mt-unsafe)
    fs::current_path(before);
  }

  fs::path Put(const std::string& name) const {
    WriteFileWhole(directory / name, std::string_view("a model"));
    return directory / name;
  }
};

TEST_CASE("training begins from the detector of its method, and from a backbone before it") {
  const ModelsHere here;
  const auto begun_from = [](const std::string& named) {
    return FindStartingNetwork(named, DetectionMethod::kRcnn);
  };
  CHECK_THROWS_WITH(begun_from(""),
                    Catch::Contains("bvlc_googlenet.caffemodel") &&
                        Catch::Contains("voc.safetensors") && Catch::Contains("--backbone"));
  const fs::path detector = here.Put("voc.safetensors");
  CHECK(begun_from("") == detector);
  const fs::path fast = here.Put("voc-fast.safetensors");
  CHECK(begun_from("") == detector);
  CHECK(FindStartingNetwork("", DetectionMethod::kFastRcnn) == fast);
  const fs::path backbone = here.Put("bvlc_googlenet.caffemodel");
  CHECK(begun_from("") == backbone);
  CHECK(begun_from("mine.safetensors") == "mine.safetensors");
}

TEST_CASE("the network of a detector is read from its file") {
  CHECK(FingerprintOf(ReadNetwork(DEEPER_DEFAULT_MODEL)) ==
        LoadModel(DEEPER_DEFAULT_MODEL).backbone_fingerprint);
}

TEST_CASE("a detector is no network that names classes") {
  const ModelsHere here;
  here.Put("voc.safetensors");
  CHECK_THROWS_WITH(FindBackboneFile(""),
                    Catch::Contains("names classes") && Catch::Contains("synset_words.txt"));
}

TEST_CASE("the names of the network's classes are asked for with where to get them") {
  const ModelsHere here;
  const fs::path backbone = here.Put("bvlc_googlenet.caffemodel");
  CHECK_THROWS_WITH(FindLabels("", backbone),
                    Catch::Contains((here.directory / "synset_words.txt").string()) &&
                        Catch::Contains("caffe_ilsvrc12.tar.gz"));
  CHECK(FindLabels("mine.txt", backbone) == "mine.txt");
  const fs::path labels = here.Put("synset_words.txt");
  CHECK(FindLabels("", backbone) == labels);
}

}  // namespace
}  // namespace deeper::tools
