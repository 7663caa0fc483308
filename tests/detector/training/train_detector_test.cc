#include "detector/training/train_detector.h"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "backbone/files/weight_files.h"
#include "core/error.h"
#include "detector/model/model_file.h"
#include "eval/formats/voc.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"
#include "tests/support/coloured_data_set.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

// A small data set and a network of random weights; what a training of one step wants.
struct Ground {
  test::TemporaryDirectory directory;
  Dataset dataset = ReadVocDataset(test::WriteDataSet(directory / "data"), "train").dataset;
  DetectorTrainingOptions options = {.backbone = directory / "random.safetensors",
                                     .work = directory / "work",
                                     .method = DetectionMethod::kRcnn,
                                     .steps = 1,
                                     .holdout = 0.5,
                                     .max_training_boxes = 4,
                                     .precision = Precision::kF32,
                                     .workers = 2};

  Ground() { WriteBackboneWeights(test::RandomWeights(1), options.backbone); }
};

TEST_CASE(
    "stopped in its first part, a training says where it goes on, and goes on to a detector") {
  Ground ground;
  std::vector<std::string> stages;
  Monitor monitor;
  monitor.begin = [&](const std::string& what, const std::string&, std::size_t, std::size_t) {
    stages.push_back(what);
  };
  monitor.stop_asked = [&] { return !stages.empty(); };
  const DetectorTrainingReport stopped = TrainDetector(ground.dataset, ground.options, monitor, {});
  CHECK_FALSE(stopped.finished);
  CHECK(stages == std::vector<std::string>{"proposing"});
  CHECK(stopped.goes_on_from == ground.options.work / "tuned.safetensors.proposals");
  CHECK_THROWS_WITH(TrainDetector(ground.dataset, ground.options, monitor),
                    Catch::Contains("goes on from"));

  const Model model = TrainDetector(ground.dataset, ground.options);
  CHECK(model.classes == ground.dataset.classes);
  CHECK(model.backbone);
  CHECK(model.calibration);
  SaveModel(model, ground.directory / "mine.safetensors");
}

TEST_CASE("asked to stop in any of its stages, a training ends there, and goes on") {
  Ground ground;
  std::set<std::string> stopped_in;
  for (;;) {
    CAPTURE(stopped_in.size());
    std::string stage;
    std::size_t stages_after_stop = 0;
    Monitor monitor;
    bool stop = false;
    monitor.begin = [&](const std::string& what, const std::string&, std::size_t, std::size_t) {
      if (stop) ++stages_after_stop;
      if (!stop && !stopped_in.contains(what)) {
        stage = what;
        stop = true;
      }
    };
    monitor.stop_asked = [&] { return stop; };
    const DetectorTrainingReport report =
        TrainDetector(ground.dataset, ground.options, monitor, {});
    CHECK(stages_after_stop == 0);
    CHECK(report.finished == !stop);
    if (!stop) break;
    stopped_in.insert(stage);
  }
  for (const char* stage : {"proposing",
                            "fine-tuning",
                            "training box regression",
                            "training SVMs",
                            "training softmax"}) {
    CAPTURE(stage);
    CHECK(stopped_in.contains(stage));
  }
}

TEST_CASE("what cannot be trained is refused before any work") {
  Ground ground;
  ground.options.frozen = "inception_9z";
  CHECK_THROWS_WITH(TrainDetector(ground.dataset, ground.options), Catch::Contains("inception_9z"));
  ground.options.frozen = "inception_3b";
  ground.options.holdout = 1;
  CHECK_THROWS_WITH(TrainDetector(ground.dataset, ground.options), Catch::Contains("holdout"));
  CHECK_FALSE(std::filesystem::exists(ground.options.work));
}

TEST_CASE("detectors beside the first are called like it, with their number") {
  CHECK(MemberFile("a/mine.safetensors", 0) == "a/mine.safetensors");
  CHECK(MemberFile("a/mine.safetensors", 2) == "a/mine-3.safetensors");
}

}  // namespace
}  // namespace deeper
