#include "tools/training_features.h"

#include "backbone/network.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"
#include "tests/tools/coloured_data_set.h"
#include "tools/data_source.h"
#include "tools/holdout.h"
#include "tools/network_options.h"

namespace deeper::tools {
namespace {

TEST_CASE("a held-out picture keeps all its proposals, a training picture a sample of them") {
  const test::TemporaryDirectory directory;
  DataSource source;
  source.data = "voc:" + test::WriteDataSet(directory / "data").string();
  source.set = "train";
  const Dataset dataset = ReadDataSource(source);
  const Network network(test::RandomWeights(1), {});
  SelectiveSearchOptions proposals = DefaultProposals();
  proposals.max_boxes = 8;
  TrainingFeatures how{.network = &network,
                       .backbone_fingerprint = "of a test",
                       .crop = {},
                       .proposals = proposals,
                       .max_proposals = 3,
                       .mirrored_truth = false,
                       .cache = directory / "cache"};
  const ExtractedImages sampled = ExtractTrainingFeatures(dataset, how);
  how.holdout = 0.5;
  const ExtractedImages extracted = ExtractTrainingFeatures(dataset, how);

  REQUIRE(sampled.images.size() == dataset.images.size());
  REQUIRE(extracted.images.size() == dataset.images.size());
  std::size_t held_out = 0;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const RegionFeatures& few = sampled.images[i].regions;
    const RegionFeatures& regions = extracted.images[i].regions;
    CHECK(few.boxes.size() == dataset.images[i].annotations.size() + 3);
    if (IsHeldOut(dataset.images[i].id, how.holdout)) {
      ++held_out;
      CHECK(regions.boxes.size() > few.boxes.size());
    } else {
      CHECK(regions.boxes == few.boxes);
      CHECK(regions.features == few.features);
    }
  }
  CHECK(held_out > 0);
  CHECK(held_out < dataset.images.size());
}

}  // namespace
}  // namespace deeper::tools
