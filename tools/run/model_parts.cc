#include "tools/run/model_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/results_version.h"
#include "detector/training/choose_heads.h"
#include "tools/run/parts.h"

namespace deeper::tools {

namespace {

// The fact among Model::training that makes a model a part: "2/7".
const std::string kPartFact = "part";
// The fact that names the version of the program's results, as long as a model is a part.
const std::string kVersionFact = "part of";

Shard ShardOf(const ModelPart& part) {
  const auto fact = part.model.training.find(kPartFact);
  const std::optional<Shard> shard =
      fact == part.model.training.end() ? std::nullopt : ShardFromText(fact->second);
  if (!shard) {
    throw Error(part.source +
                ": is no part of a detector, expected one that 'deeper train svm --shard' wrote");
  }
  return *shard;
}

// What all parts of one training have in common.
Model WithoutClasses(Model model) {
  model.classes = {};
  model.classifiers.weights.clear();
  model.classifiers.biases.clear();
  model.training.erase(kPartFact);
  model.training.erase(kAtLimitFact);
  return model;
}

// Names of the facts in which two models differ, for people.
std::string DifferenceText(const Model& a, const Model& b) {
  std::set<std::string> names;
  for (const Model* model : {&a, &b}) {
    for (const auto& [name, value] : model->training) names.insert(name);
  }
  const auto value_in = [](const Model& model, const std::string& name) {
    const auto found = model.training.find(name);
    return found == model.training.end() ? "none" : found->second;
  };
  std::string text;
  for (const std::string& name : names) {
    const std::string own = value_in(a, name);
    const std::string other = value_in(b, name);
    if (own != other) text += fmt::format("\n  {}: {} and {}", name, own, other);
  }
  return text.empty() ? "\n  what was learned from the data" : text;
}

// Parts in the order of their shards. Throws Error unless each is there once.
std::vector<ModelPart> InOrder(std::vector<ModelPart> parts) {
  std::vector<PartName> names;
  names.reserve(parts.size());
  for (const ModelPart& part : parts) names.push_back({part.source, ShardOf(part)});
  std::vector<ModelPart> ordered;
  ordered.reserve(parts.size());
  for (const std::size_t i : OrderOfParts(names, "a detector")) {
    ordered.push_back(std::move(parts[i]));
  }
  return ordered;
}

void RequireSameTraining(const std::vector<ModelPart>& ordered, std::size_t class_count) {
  const Model common = WithoutClasses(ordered.front().model);
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    const ModelPart& part = ordered[i];
    const Model own = WithoutClasses(part.model);
    const Shard shard{.index = i + 1, .count = ordered.size()};
    if (own == common && part.model.classes.Size() == ClassesOfShard(class_count, shard).size()) {
      continue;
    }
    throw Error(
        fmt::format("{} and {} are not parts of one training; they differ in{}",
                    ordered.front().source,
                    part.source,
                    own == common ? "\n  the number of classes" : DifferenceText(common, own)));
  }
}

}  // namespace

void MakePart(const Shard& shard, Model& model) {
  Expects(!model.calibration, "a part without calibration");
  Expects(!model.box_regression || model.box_regression->RegressorCount() == 1,
          "one box regression for all classes");
  ClassTable own;
  for (const ClassId id : ClassesOfShard(model.classes.Size(), shard)) {
    own.classes.push_back(model.classes.classes[IndexOf(id)]);
  }
  Expects(model.classifiers.biases.size() == own.Size(), "classifiers of the shard's classes");
  model.classes = std::move(own);
  model.training[kPartFact] = ShardText(shard);
  model.training[kVersionFact] = kResultsVersionLine.substr(0, kResultsVersionLine.size() - 1);
}

Model JoinParts(std::vector<ModelPart> parts) {
  const std::vector<ModelPart> ordered = InOrder(std::move(parts));
  std::size_t class_count = 0;
  for (const ModelPart& part : ordered) class_count += part.model.classes.Size();
  RequireSameTraining(ordered, class_count);

  Model joined = WithoutClasses(ordered.front().model);
  joined.training.erase(kVersionFact);
  for (const ModelPart& part : ordered) {
    const auto stopped = part.model.training.find(kAtLimitFact);
    if (stopped == part.model.training.end()) continue;
    std::string& of_all = joined.training[kAtLimitFact];
    of_all += (of_all.empty() ? "" : "; ") + stopped->second;
  }
  for (std::size_t j = 0; j < class_count; ++j) {
    const auto [which, row] = PlaceOfClass(j, ordered.size());
    const Model& part = ordered[which].model;
    const auto weights = part.classifiers.weights.begin() +
                         static_cast<std::ptrdiff_t>(row * part.classifiers.feature_dim);
    joined.classes.classes.push_back(part.classes.classes[row]);
    joined.classifiers.biases.push_back(part.classifiers.biases[row]);
    joined.classifiers.weights.insert(
        joined.classifiers.weights.end(),
        weights,
        weights + static_cast<std::ptrdiff_t>(part.classifiers.feature_dim));
  }
  return joined;
}

}  // namespace deeper::tools
