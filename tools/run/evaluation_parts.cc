#include "tools/run/evaluation_parts.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/files/sha256.h"
#include "core/results_version.h"
#include "core/text/json_line.h"
#include "eval/report/report_text.h"
#include "tools/run/parts.h"

namespace deeper::tools {

namespace {

using Json = nlohmann::ordered_json;

// What was read of a part. Its classes are numbered by themselves, from 0.
struct ReadPart {
  PartName name;
  std::string digest;
  std::vector<std::vector<ClassResult>> results;  // by protocol
  std::vector<Protocol> protocols;
  ClassTable classes;
};

std::optional<double> NumberOrNull(const Json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

CocoNumbers CocoNumbersIn(const Json& entry) {
  CocoNumbers numbers;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers.at(i) = NumberOrNull(entry.at(std::string(kCocoNumberNames.at(i))));
  }
  return numbers;
}

ClassResult ResultIn(const Json& entry, Protocol protocol, std::size_t position) {
  ClassResult result;
  result.class_id = ClassAt(position);
  result.objects = CountIn(entry.at("objects"));
  result.detections = CountIn(entry.at("detections"));
  result.true_positives = CountIn(entry.at("true_positives"));
  result.average_precision = NumberOrNull(entry.at("average_precision"));
  if (protocol == Protocol::kCoco) result.coco = CocoNumbersIn(entry.at("coco"));
  return result;
}

ClassTable ClassesIn(const Json& entries) {
  ClassTable table;
  for (const Json& entry : entries) {
    table.classes.push_back(
        {.name = entry.at("class"), .wordnet_id = entry.value("wordnet_id", "")});
  }
  return table;
}

// Adds what EvaluationJson made. Whether it did: false, or Json::exception, for another object.
bool AddEvaluation(const Json& json, ReadPart& part) {
  const std::string protocol = json.at("protocol");
  const Json& entries = json.at("classes");
  const ClassTable classes = ClassesIn(entries);
  if (!IsProtocolName(protocol) || (!part.protocols.empty() && classes != part.classes)) {
    return false;
  }
  part.classes = classes;
  part.protocols.push_back(ProtocolFromName(protocol));
  std::vector<ClassResult>& results = part.results.emplace_back();
  for (const Json& entry : entries) {
    results.push_back(ResultIn(entry, part.protocols.back(), results.size()));
  }
  return true;
}

// Nothing for another text than EvaluationPartText makes.
std::optional<ReadPart> Read(const EvaluationPart& part) {
  try {
    const Json json = Json::parse(part.text);
    const std::optional<Shard> shard = ShardFromText(json.at("shard"));
    if (!shard) return std::nullopt;
    ReadPart read{.name = {.source = part.source, .shard = *shard},
                  .digest = json.at("evaluated"),
                  .results = {},
                  .protocols = {},
                  .classes = {}};
    for (const Json& evaluation : json.at("evaluations")) {
      if (!AddEvaluation(evaluation, read)) return std::nullopt;
    }
    if (read.classes.classes.empty()) return std::nullopt;
    return read;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

void RequireSameEvaluation(const std::vector<ReadPart>& ordered, std::size_t class_count) {
  const ReadPart& first = ordered.front();
  for (const ReadPart& part : ordered) {
    if (part.digest == first.digest && part.protocols == first.protocols &&
        part.classes.Size() == ClassesOfShard(class_count, part.name.shard).size()) {
      continue;
    }
    throw Error(
        fmt::format("{} and {} are not parts of one evaluation: the truth, the detections or the "
                    "rules differ",
                    first.name.source,
                    part.name.source));
  }
}

void Update(Sha256& digest, const ClassTable& classes) {
  for (const ClassInfo& info : classes.classes) {
    digest.Update(LineOf({info.name, info.wordnet_id}));
  }
}

}  // namespace

std::string EvaluationPartText(const std::vector<Evaluation>& evaluations,
                               const ClassTable& classes,
                               const Shard& shard,
                               const std::string& digest) {
  Json part = {{"shard", ShardText(shard)}, {"evaluated", digest}, {"evaluations", Json::array()}};
  for (const Evaluation& evaluation : evaluations) {
    part["evaluations"].push_back(Json::parse(EvaluationJson(evaluation, classes)));
  }
  return part.dump(2) + "\n";
}

std::string DigestOfEvaluation(const Dataset& dataset,
                               const DetectionSet& detections,
                               const std::string& rules) {
  Sha256 digest;
  digest.Update(kResultsVersionLine);
  digest.Update(rules);
  Update(digest, dataset.classes);
  std::vector<float> values;
  const auto add = [&](const Box& box, ClassId class_id) {
    values.insert(values.end(),
                  {box.x0, box.y0, box.x1, box.y1, static_cast<float>(IndexOf(class_id))});
  };
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const AnnotatedImage& image = dataset.images[i];
    digest.Update(fmt::format("\n{} ", image.id));
    values.clear();
    for (const Annotation& annotation : image.annotations) {
      add(annotation.box, annotation.class_id);
      digest.Update(fmt::format(
          "{:d}{:d} {} ", annotation.difficult, annotation.crowd, annotation.area_px.value_or(-1)));
    }
    for (const Detection& detection : detections.images.at(i).detections) {
      add(detection.box, detection.class_id);
      values.push_back(detection.score);
    }
    digest.Update(values);
  }
  for (const auto& [image, class_id] : dataset.blacklist) {
    digest.Update(fmt::format("\n{} {}", image, IndexOf(class_id)));
  }
  return digest.HexDigest();
}

JoinedEvaluation JoinEvaluationParts(const std::vector<EvaluationPart>& parts) {
  std::vector<ReadPart> read;
  std::vector<PartName> names;
  std::size_t class_count = 0;
  for (const EvaluationPart& part : parts) {
    std::optional<ReadPart> one = Read(part);
    if (!one) {
      throw Error(
          part.source +
          ": is no part of an evaluation, expected one that 'deeper evaluate --shard' wrote");
    }
    read.push_back(*std::move(one));
    names.push_back(read.back().name);
    class_count += read.back().classes.Size();
  }
  std::vector<ReadPart> ordered;
  for (const std::size_t i : OrderOfParts(names, "an evaluation")) {
    ordered.push_back(std::move(read[i]));
  }
  RequireSameEvaluation(ordered, class_count);

  ClassTable classes;
  for (std::size_t j = 0; j < class_count; ++j) {
    const auto [part, place] = PlaceOfClass(j, ordered.size());
    classes.classes.push_back(ordered[part].classes.classes.at(place));
  }
  std::string text;
  for (std::size_t p = 0; p < ordered.front().protocols.size(); ++p) {
    std::vector<ClassResult> results;
    for (std::size_t j = 0; j < class_count; ++j) {
      const auto [part, place] = PlaceOfClass(j, ordered.size());
      results.push_back(ordered[part].results.at(p).at(place));
      results.back().class_id = ClassAt(j);
    }
    text += EvaluationJson(EvaluationOf(ordered.front().protocols[p], std::move(results)), classes);
    text += '\n';
  }
  return {.text = text, .class_count = class_count};
}

}  // namespace deeper::tools
