#include "eval/evaluate.h"

#include <fmt/format.h>

#include <optional>

#include "core/error.h"
#include "eval/ilsvrc.h"
#include "eval/report_text.h"
#include "eval/results.h"
#include "eval/voc.h"
#include "tools/command_line.h"
#include "tools/data_source.h"
#include "tools/parallel.h"
#include "tools/verbs.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

struct EvaluateArguments {
  DataSource data;
  std::string detections;
  std::string metrics;
  double min_iou = 0.5;
  double min_map = 0;
  bool allow_unknown_classes = false;
  int workers = 0;
  bool json = false;
};

bool ParseEvaluate(const Arguments& words, EvaluateArguments& arguments) {
  CommandLine line(
      "evaluate",
      "Average precision of every class, and their mean, by the rules of the official evaluation "
      "code.",
      {"deeper evaluate --data voc:VOC2007 --set test --detections found/detections.jsonl",
       "deeper evaluate --data voc:VOC2007 --set test --detections results/ --metric voc07,voc12",
       "deeper evaluate --data ilsvrc:DET_bbox_val --image-list val.txt --class-list classes.txt "
       "\\\n"
       "      --blacklist blacklist.txt --detections submission.txt"});
  // clang-format off
  arguments.data.AddOptions(line.Group("Truth"));
  line.Group("Detections").add_options()
      ("detections", po::value(&arguments.detections)->required()->value_name("FILE"), "a .jsonl file of 'deeper detect', an ILSVRC submission, or a directory of comp3_det_<set>_<class>.txt");
  line.Group("Rules").add_options()
      ("metric", po::value(&arguments.metrics)->value_name("A,B"), "ilsvrc, voc07 (11 points), voc12 (area); default: voc07,voc12 for VOC data, ilsvrc for ILSVRC's")
      ("iou", po::value(&arguments.min_iou)->default_value(arguments.min_iou)->value_name("IOU"), "overlap that a detection needs")
      ("allow-unknown-classes", po::bool_switch(&arguments.allow_unknown_classes), "leave out detections of classes that the data set does not have, instead of refusing them")
      ("min-map", po::value(&arguments.min_map)->default_value(arguments.min_map)->value_name("MAP"), "exit with 4 when the mAP of the first metric is lower (0..1)");
  line.Group("Output").add_options()
      ("json", po::bool_switch(&arguments.json), "a JSON object for each metric")
      ("workers", po::value(&arguments.workers)->value_name("N"), "threads; default: one for each processor");
  // clang-format on
  if (!line.Parse(words)) return false;
  if (!arguments.data.Given()) throw UsageError("expected --data, the true objects");
  if (arguments.metrics.empty()) {
    arguments.metrics = arguments.data.data.starts_with("ilsvrc") ? "ilsvrc" : "voc07,voc12";
  }
  CheckRange("iou", arguments.min_iou, 0, 1);
  CheckRange("min-map", arguments.min_map, 0, 1);
  if (arguments.workers == 0) arguments.workers = DefaultWorkers();
  CheckRange("workers", arguments.workers, 1, 4096);
  return true;
}

// Reads the detections in whichever of the formats the path holds.
DetectionSet ReadDetections(const EvaluateArguments& arguments, const Dataset& truth) {
  const fs::path path = arguments.detections;
  if (fs::is_directory(path)) return ReadVocResults(path, arguments.data.set, truth.classes);
  if (path.extension() == ".jsonl") return ReadJsonLines(path, nullptr);
  return ReadIlsvrcSubmission(path, truth);
}

// Takes the detections of classes that `truth` does not have out of `detections`; says how many.
void DropUnknownClasses(const Dataset& truth, DetectionSet& detections) {
  std::size_t dropped = 0;
  for (ImageDetections& image : detections.images) {
    dropped += std::erase_if(image.detections, [&](const Detection& detection) {
      return !truth.classes.Find(detections.classes.Name(detection.class_id));
    });
  }
  if (dropped > 0)
    fmt::print(
        stderr, "left out {} detections of classes that the data set does not have\n", dropped);
}

}  // namespace

int RunEvaluate(const Arguments& words) {
  EvaluateArguments arguments;
  if (!ParseEvaluate(words, arguments)) return kDone;
  std::vector<Protocol> protocols;
  for (const std::string& metric : SplitAtCommas("metric", arguments.metrics)) {
    protocols.push_back(ProtocolFromName(metric));
  }
  const Dataset truth = ReadDataSource(arguments.data);
  DetectionSet detections = ReadDetections(arguments, truth);
  if (arguments.allow_unknown_classes) DropUnknownClasses(truth, detections);

  std::optional<double> first_map;
  for (const Protocol protocol : protocols) {
    const Evaluation evaluation = Evaluate(
        truth,
        detections,
        {.protocol = protocol, .min_iou = arguments.min_iou, .workers = arguments.workers});
    if (!first_map) first_map = evaluation.mean_average_precision;
    if (arguments.json) {
      fmt::print("{}\n", EvaluationJson(evaluation, truth.classes));
    } else {
      fmt::print("{}, {} pictures\n{}\n",
                 NameOf(protocol),
                 truth.images.size(),
                 EvaluationTable(evaluation, truth.classes));
    }
  }
  if (*first_map >= arguments.min_map) return kDone;
  fmt::print(stderr, "mAP {:.4f} is below the required {:.4f}\n", *first_map, arguments.min_map);
  return kTargetMissed;
}

}  // namespace deeper::tools
