#include "tools/run/model_parts.h"

#include <algorithm>

#include "core/error.h"
#include "detector/training/choose_heads.h"
#include "tests/support/catch.h"
#include "tools/run/parts.h"

namespace deeper::tools {
namespace {

const std::vector<std::string> kNames = {"a", "b", "c", "d", "e"};
constexpr std::size_t kDim = 2;

Model Whole() {
  Model model;
  model.classes = ClassTableOf(kNames);
  model.classifiers.feature_dim = kDim;
  for (std::size_t j = 0; j < kNames.size(); ++j) {
    const auto value = static_cast<float>(j);
    model.classifiers.weights.insert(model.classifiers.weights.end(), {value, 10 + value});
    model.classifiers.biases.push_back(-value);
  }
  model.training["data"] = "letters";
  return model;
}

// The part of shard `index` of `count`, as a training of only its classes would leave it.
ModelPart Part(std::size_t index, std::size_t count) {
  const Shard shard{.index = index, .count = count};
  Model model = Whole();
  const LinearClassifiers all = model.classifiers;
  model.classifiers.weights.clear();
  model.classifiers.biases.clear();
  for (const ClassId id : ClassesOfShard(kNames.size(), shard)) {
    const std::size_t j = IndexOf(id);
    model.classifiers.biases.push_back(all.biases[j]);
    for (std::size_t k = 0; k < kDim; ++k) {
      model.classifiers.weights.push_back(all.weights[j * kDim + k]);
    }
  }
  MakePart(shard, model);
  return {.source = "part " + ShardText(shard), .model = model};
}

TEST_CASE("parts in any order join to the model of all classes") {
  for (std::size_t count = 1; count <= kNames.size(); ++count) {
    CAPTURE(count);
    std::vector<ModelPart> parts;
    for (std::size_t index = count; index >= 1; --index) parts.push_back(Part(index, count));
    CHECK(JoinParts(parts) == Whole());
  }
}

TEST_CASE("a part is a detector of its own classes") {
  const Model part = Part(2, 3).model;
  CHECK(part.classes == ClassTableOf({"b", "e"}));
  CHECK(part.classifiers.biases == std::vector<float>{-1, -4});
  CHECK(part.training.at("part") == "2/3");
}

TEST_CASE("parts that are missing, there twice, of another training or none are refused by name") {
  CHECK_THROWS_WITH(JoinParts({Part(1, 3), Part(3, 3)}),
                    Catch::Contains("parts of a detector: 2/3"));
  CHECK_THROWS_WITH(JoinParts({{.source = "whole", .model = Whole()}}),
                    Catch::Contains("whole: is no part"));
  CHECK_THROWS_WITH(JoinParts({}), Catch::Contains("found none"));

  ModelPart other = Part(2, 2);
  other.model.training["data"] = "digits";
  CHECK_THROWS_WITH(
      JoinParts({Part(1, 2), other}),
      Catch::Contains("not parts of one training") && Catch::Contains("data: letters and digits"));
  other = Part(2, 2);
  other.model.scaling.mean_norm = 3;
  CHECK_THROWS_WITH(JoinParts({Part(1, 2), other}), Catch::Contains("learned from the data"));
  other = Part(2, 2);
  other.model.classes.classes.pop_back();
  CHECK_THROWS_WITH(JoinParts({Part(1, 2), other}), Catch::Contains("number of classes"));
}

TEST_CASE("parts of two versions of the program are refused") {
  ModelPart older = Part(2, 2);
  older.model.training.at("part of") = "results of version 0";
  CHECK_THROWS_WITH(JoinParts({Part(1, 2), older}), Catch::Contains("results of version 0"));
  older.model.training.erase("part of");
  CHECK_THROWS_WITH(JoinParts({older, Part(1, 2)}), Catch::Contains("part of: "));
}

TEST_CASE("parts whose SVMs were stopped by the step limit join to a detector that says so") {
  std::vector<ModelPart> parts = {Part(1, 2), Part(2, 2)};
  parts[1].model.training[kAtLimitFact] = "1 of 2 SVMs, after 1000 passes";
  Model whole = Whole();
  whole.training[kAtLimitFact] = "1 of 2 SVMs, after 1000 passes";
  CHECK(JoinParts(parts) == whole);
}

}  // namespace
}  // namespace deeper::tools
