#include "eval/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/error.h"
#include "core/files/file.h"
#include "core/text/quantities.h"
#include "core/work/parallel.h"
#include "eval/align.h"
#include "eval/analysis/bootstrap.h"
#include "eval/analysis/compare.h"
#include "eval/analysis/proposal_coverage.h"
#include "eval/formats/lines/proposal_lines.h"
#include "eval/report/report.h"
#include "eval/report/report_text.h"
#include "tools/input/data_source.h"
#include "tools/input/label_files.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/run/evaluation_parts.h"
#include "tools/run/parts.h"
#include "tools/run/shard.h"
#include "tools/verbs/report_facts.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

constexpr int kReportReplicates = 1000;

struct EvaluateArguments {
  std::string command;  // for people
  DataSource data;
  std::string detections;
  std::string format;
  std::string metrics;
  std::vector<std::string> compared;
  double min_iou = 0.5;
  double min_map = 0;
  int bootstrap = 0;
  std::string report;
  std::vector<std::string> proposals;
  std::uint64_t seed = 1;
  bool common_pictures = false;
  bool allow_unknown_classes = false;
  int workers = 0;
  std::string output;
  ShardOptions shard;
  bool json = false;
};

std::string DefaultMetrics(const std::string& kind) {
  if (kind == "ilsvrc") return "ilsvrc";
  return kind == "coco" ? "coco" : "voc07,voc12";
}

// What --compare compares: two metrics, or two results.
bool ComparesMetrics(const EvaluateArguments& arguments) {
  return !arguments.compared.empty() && IsProtocolName(arguments.compared.front());
}

void CheckCompared(const CommandLine& line, const EvaluateArguments& arguments) {
  if (arguments.compared.size() != 2) {
    throw UsageError(fmt::format("--compare has {} words, expected two results or two metrics",
                                 arguments.compared.size()));
  }
  const bool metrics = ComparesMetrics(arguments);
  if (metrics != IsProtocolName(arguments.compared.back())) {
    throw UsageError("--compare takes two results or two metrics, not one of each");
  }
  if (metrics) {
    line.Refuse("metric", "is not read with --compare of two metrics");
    if (arguments.detections.empty())
      throw UsageError("--compare of two metrics needs --detections");
    return;
  }
  line.Refuse("detections", "is not read with --compare of two results, which are the detections");
  if (line.Given("metric") && arguments.metrics.find(',') != std::string::npos) {
    throw UsageError(fmt::format("--metric is '{}', and --compare of two results is by one alone",
                                 arguments.metrics));
  }
}

bool ParseEvaluate(const Arguments& words, EvaluateArguments& arguments) {
  CommandLine line(
      "evaluate",
      "Average precision of every class, and their mean, by the rules of the official evaluation "
      "code.",
      {"deeper evaluate --data voc:VOC2007 --set test --detections found/detections.jsonl",
       "deeper evaluate --data voc:VOC2007 --set test --detections results/ --metric voc07,voc12",
       "deeper evaluate --data coco:instances_val2017.json --detections results.json",
       "deeper evaluate --data ilsvrc:DET_bbox_val --image-list val.txt --class-list classes.txt "
       "\\\n"
       "      --blacklist blacklist.txt --detections submission.txt",
       "deeper evaluate --data voc:VOC2007 --set test --detections found.jsonl --report report/",
       "deeper evaluate --data voc:VOC2007 --set test --detections found.jsonl --proposals "
       "proposals.jsonl --report report/",
       "deeper evaluate --data voc:VOC2007 --set test --detections found.jsonl --output map.json "
       "--shard 3/4",
       "deeper evaluate --data voc:VOC2007 --set test --compare old.jsonl new.jsonl",
       "deeper evaluate --data voc:VOC2007 --set test --detections new.jsonl --compare voc12 "
       "ilsvrc"});
  // clang-format off
  arguments.data.AddOptions(line.Group("Truth"));
  line.Group("Detections").add_options()
      ("detections", po::value(&arguments.detections)->value_name("PATH"), "a .jsonl file of 'deeper detect', a COCO file or results list, an ILSVRC submission, a directory of comp3_det_<set>_<class>.txt or of YOLO files, CSV, Label Studio's predictions")
      ("detections-format", po::value(&arguments.format)->value_name("jsonl|coco|voc|ilsvrc|yolo|csv|labelstudio"), "their format, where the name of the file does not tell");
  line.Group("Rules").add_options()
      ("metric", po::value(&arguments.metrics)->value_name("ilsvrc|voc07|voc12|coco[,...]"), "voc07 is of 11 points, voc12 of the area; default: the data set's own rules, voc07,voc12 for others")
      ("iou", po::value(&arguments.min_iou)->default_value(arguments.min_iou)->value_name("IOU"), "overlap that a detection needs; coco has its own ten")
      ("allow-unknown-classes", po::bool_switch(&arguments.allow_unknown_classes), "leave out detections of classes that the data set does not have, instead of refusing them")
      ("common-pictures", po::bool_switch(&arguments.common_pictures), "judge the pictures that have a result alone; without it the objects of others count as missed")
      ("compare", po::value(&arguments.compared)->multitoken()->value_name("A B"), "two results, or two metrics for --detections, side by side: what differs and why")
      ("bootstrap", po::value(&arguments.bootstrap)->default_value(0)->implicit_value(1000)->value_name("N"), "95% confidence interval of the mAP from N samples of the pictures; without N: 1000")
      ("seed", po::value(&arguments.seed)->default_value(arguments.seed)->value_name("N"), "of those samples")
      ("min-map", po::value(&arguments.min_map)->default_value(arguments.min_map)->value_name("MAP"), "exit with 4 when the mean of the first metric is lower, in percent as it is printed; up to 1 it is a fraction");
  po::options_description& output = line.Group("Output");
  output.add_options()
      ("output", po::value(&arguments.output)->value_name("FILE"), "write what --json prints there; a shard its part, beside it")
      ("report", po::value(&arguments.report)->value_name("DIR"), "write DIR/report.html for the first metric: one page with tables, curves, errors and pictures")
      ("proposals", po::value(&arguments.proposals)->multitoken()->value_name("FILE"), "proposals that 'deeper propose' wrote, one file or more: also which objects none of them covers")
      ("json", po::bool_switch(&arguments.json), "a JSON object for each metric, and of the proposals")
      ("workers", po::value(&arguments.workers)->value_name("N"), "threads; default: one for each processor");
  // clang-format on
  arguments.shard.AddOptions(output);
  line.Restrict(
      {{.options = "min-map bootstrap output report proposals shard shards common-pictures",
        .without = "compare"},
       {.options = "seed", .with = "bootstrap report"}});
  if (!line.Parse(words)) return false;
  if (!arguments.data.Given()) throw UsageError("expected --data, the true objects");
  if (arguments.metrics.empty()) arguments.metrics = DefaultMetrics(arguments.data.Kind());
  if (line.Given("iou") && arguments.metrics.find("coco") != std::string::npos) {
    throw UsageError("--iou has no meaning for coco, which takes the mean over ten overlaps");
  }
  if (line.Given("compare")) {
    CheckCompared(line, arguments);
  } else if (arguments.detections.empty()) {
    throw UsageError("expected --detections");
  }
  CheckRange("iou", arguments.min_iou, 0, 1);
  CheckRange("min-map", arguments.min_map, 0, 100);
  if (arguments.min_map > 1) arguments.min_map /= 100;
  CheckRange("bootstrap", arguments.bootstrap, 0, 1e6);
  if (arguments.bootstrap == 1) throw UsageError("--bootstrap is 1, expected 0 or at least 2");
  if (arguments.workers == 0) arguments.workers = DefaultWorkers();
  CheckRange("workers", arguments.workers, 1, 4096);
  return true;
}

// Detections as the data set numbers them. Says on stderr how classes were matched.
DetectionSet AlignedFrom(const std::string& path,
                         const EvaluateArguments& arguments,
                         LoadedData& truth) {
  AlignedDetections aligned = AlignedDetectionsAt(
      path,
      arguments.format,
      arguments.data,
      arguments.allow_unknown_classes ? UnknownClasses::kLeaveOut : UnknownClasses::kRefuse,
      truth,
      arguments.common_pictures ? WhichPictures::kCommon : WhichPictures::kAll);
  fmt::print(stderr, "{}", ClassMapText(aligned.class_map, truth.dataset.classes));
  if (aligned.left_out > 0) {
    fmt::print(stderr,
               "left out {} of classes that the data set does not have\n",
               Counted(aligned.left_out, "detections"));
  }
  return std::move(aligned.detections);
}

// The files or directories of detections.
std::vector<std::string> ResultsOf(const EvaluateArguments& arguments) {
  const bool are_compared = !arguments.compared.empty() && !ComparesMetrics(arguments);
  return are_compared ? arguments.compared : std::vector<std::string>{arguments.detections};
}

std::vector<Protocol> ProtocolsOf(const std::string& metrics) {
  std::vector<Protocol> protocols;
  for (const std::string& metric : SplitAtCommas("metric", metrics)) {
    protocols.push_back(ProtocolFromName(metric));
  }
  return protocols;
}

EvaluationOptions OptionsFor(Protocol protocol, const EvaluateArguments& arguments) {
  return {.protocol = protocol, .min_iou = arguments.min_iou, .workers = arguments.workers};
}

int Compare(const EvaluateArguments& arguments, LoadedData& truth) {
  const std::string& a = arguments.compared.at(0);
  const std::string& b = arguments.compared.at(1);
  const bool metrics = ComparesMetrics(arguments);
  const Protocol first_metric = ProtocolsOf(arguments.metrics).front();
  const auto evaluate = [&](const std::string& word) {
    return Evaluate(truth.dataset,
                    AlignedFrom(metrics ? arguments.detections : word, arguments, truth),
                    OptionsFor(metrics ? ProtocolFromName(word) : first_metric, arguments));
  };
  const std::size_t pictures = truth.dataset.images.size();
  const Evaluation first = evaluate(a);
  const Evaluation second = evaluate(b);
  if (truth.dataset.images.size() != pictures) {
    throw Error(
        "--compare needs all pictures in both results, but some state another size than the data "
        "set; --rescale-boxes scales boxes where the shape is the same");
  }
  // The names of files are long; columns are headed by them only where they tell the two apart.
  const auto name = [&](const std::string& word, const char* otherwise) {
    return metrics ? word : std::string(otherwise);
  };
  if (arguments.json) {
    fmt::print("{}", ComparisonJson(first, second, a, b, truth.dataset.classes));
  } else {
    if (!metrics) fmt::print("A: {}\nB: {}\n{}\n", a, b, NameOf(first_metric));
    fmt::print("{}",
               ComparisonTable(first, second, name(a, "A"), name(b, "B"), truth.dataset.classes));
  }
  return kDone;
}

std::vector<ProposalSource> ReadProposals(const EvaluateArguments& arguments,
                                          const Dataset& dataset) {
  std::vector<ProposalSource> sources;
  for (const std::string& file : arguments.proposals) {
    sources.push_back(AlignProposals(dataset, ReadProposalLines(file), file));
  }
  return sources;
}

// Which objects no proposal covers. Without --json it is on stdout. Returns it as a line of JSON.
std::string SayCoverage(const EvaluateArguments& arguments,
                        const LoadedData& truth,
                        const Evaluation& evaluation,
                        const std::vector<ProposalSource>& proposals) {
  const auto objects = CoverObjects(truth.dataset, evaluation.protocol, proposals);
  if (!arguments.json) {
    fmt::print("{}\n", CoverageTable(proposals, objects, arguments.min_iou));
  }
  return fmt::format("{{\"proposals\": {}}}\n",
                     CoverageJson(proposals, objects, arguments.min_iou));
}

fs::path ReportPath(const EvaluateArguments& arguments) {
  return fs::path(arguments.report) / "report.html";
}

// The page for one metric, with an interval whatever --bootstrap says.
void WriteReport(const EvaluateArguments& arguments,
                 const LoadedData& truth,
                 const DetectionSet& detections,
                 const Evaluation& evaluation,
                 const std::vector<ProposalSource>& proposals) {
  const BootstrapOptions bootstrap{
      .replicates = arguments.bootstrap > 0 ? arguments.bootstrap : kReportReplicates,
      .seed = arguments.seed,
      .workers = arguments.workers};
  ReportOptions options;
  if (evaluation.protocol != Protocol::kCoco) options.errors.foreground_iou = arguments.min_iou;
  options.errors.background_iou =
      std::min(options.errors.background_iou, options.errors.foreground_iou / 2);
  const fs::path path = ReportPath(arguments);
  const std::string page = ReportHtml(
      {.dataset = truth.dataset,
       .detections = detections,
       .evaluation = evaluation,
       .interval = evaluation.mean_average_precision ? std::optional(BootstrapMeanAveragePrecision(
                                                           truth.dataset, evaluation, bootstrap))
                                                     : std::nullopt,
       .configuration = {{"made", MadeText()},
                         {"program", ProgramText()},
                         {"command", arguments.command},
                         {"model", ModelsText(arguments.detections)},
                         {"data", arguments.data.data},
                         {"set", arguments.data.set.empty() ? "-" : arguments.data.set},
                         {"detections", arguments.detections},
                         {"metric", NameOf(evaluation.protocol)},
                         {"IoU",
                          evaluation.protocol == Protocol::kCoco
                              ? ".50 to .95; errors at .50"
                              : fmt::format("{}", arguments.min_iou)},
                         {"interval",
                          fmt::format("{} samples of the pictures, seed {}",
                                      bootstrap.replicates,
                                      bootstrap.seed)}},
       .proposals = proposals},
      options);
  WriteFileWhole(path, page);
  fmt::print(stderr, "report -> {}\n", path.string());
}

// Which shard of the classes is meant. What only all classes together give is refused.
Shard ChosenShard(const EvaluateArguments& arguments, std::size_t class_count) {
  const ShardOptions::Chosen chosen = arguments.shard.Choose();
  if (chosen.shard.IsWhole()) return {};
  const auto refuse = [&](bool is_asked, const char* what) {
    if (!is_asked) return;
    throw UsageError(fmt::format("shard {} (from {}): {}; or use --shard 1/1",
                                 ShardText(chosen.shard),
                                 chosen.source,
                                 what));
  };
  refuse(!arguments.compared.empty(), "--compare needs all classes");
  refuse(!arguments.report.empty(), "--report needs all classes");
  refuse(!arguments.proposals.empty(), "--proposals needs all classes");
  refuse(arguments.bootstrap > 0, "--bootstrap needs all classes");
  refuse(arguments.min_map > 0, "--min-map needs all classes");
  refuse(arguments.output.empty(), "a part needs --output, for 'deeper merge'");
  SayShard(chosen, ClassesOfShard(class_count, chosen.shard).size(), class_count, "classes");
  return chosen.shard;
}

// The file that --output names, or the shard's part beside it.
fs::path OutputPath(const EvaluateArguments& arguments, const Shard& shard) {
  return shard.IsWhole() ? fs::path(arguments.output) : PartPath(arguments.output, shard, ".json");
}

// Judges the shard's classes and writes its part.
void EvaluatePart(const EvaluateArguments& arguments,
                  const std::vector<Protocol>& protocols,
                  const Dataset& dataset,
                  const DetectionSet& detections,
                  const Shard& shard) {
  std::vector<Evaluation> evaluations;
  for (const Protocol protocol : protocols) {
    EvaluationOptions options = OptionsFor(protocol, arguments);
    options.only = ClassesOfShard(dataset.classes.Size(), shard);
    evaluations.push_back(Evaluate(dataset, detections, options));
  }
  const std::string rules = fmt::format("{} {}", arguments.metrics, arguments.min_iou);
  const std::string part = EvaluationPartText(
      evaluations, dataset.classes, shard, DigestOfEvaluation(dataset, detections, rules));
  const fs::path path = OutputPath(arguments, shard);
  WriteFileWhole(path, part);
  fmt::print(stderr, "part -> {}\n", path.string());
  if (arguments.json) fmt::print("{}", part);
}

}  // namespace

int RunEvaluate(const Arguments& words) {
  EvaluateArguments arguments;
  if (!ParseEvaluate(words, arguments)) return kDone;
  arguments.command = CommandText("evaluate", words);
  const std::vector<Protocol> protocols = ProtocolsOf(arguments.metrics);
  if (!arguments.report.empty()) RequireWritable(ReportPath(arguments));
  for (const std::string& results : ResultsOf(arguments)) {
    if (AreVocResults(results, arguments.format)) arguments.data.set_names_results = true;
  }
  LoadedData truth = LoadData(arguments.data);
  const Shard shard = ChosenShard(arguments, truth.dataset.classes.Size());
  if (!arguments.output.empty()) RequireWritable(OutputPath(arguments, shard));
  if (!arguments.compared.empty()) return Compare(arguments, truth);
  const DetectionSet detections = AlignedFrom(arguments.detections, arguments, truth);
  if (!shard.IsWhole()) {
    EvaluatePart(arguments, protocols, truth.dataset, detections, shard);
    return truth.Status();
  }

  const std::vector<ProposalSource> proposals = ReadProposals(arguments, truth.dataset);
  std::optional<double> first_map;
  std::string json;
  for (const Protocol protocol : protocols) {
    const Evaluation evaluation =
        Evaluate(truth.dataset, detections, OptionsFor(protocol, arguments));
    if (!evaluation.mean_average_precision) {
      fmt::print(stderr,
                 "{}: no class has an object that counts, so there is no mean\n",
                 NameOf(protocol));
    }
    if (protocol == protocols.front()) {
      if (!arguments.report.empty()) {
        WriteReport(arguments, truth, detections, evaluation, proposals);
      }
      if (!proposals.empty()) json += SayCoverage(arguments, truth, evaluation, proposals);
      first_map = evaluation.mean_average_precision;
    }
    std::optional<ConfidenceInterval> interval;
    if (arguments.bootstrap > 0 && evaluation.mean_average_precision) {
      interval = BootstrapMeanAveragePrecision(truth.dataset,
                                               evaluation,
                                               {.replicates = arguments.bootstrap,
                                                .seed = arguments.seed,
                                                .workers = arguments.workers});
    }
    json += EvaluationJson(evaluation, truth.dataset.classes, interval) + "\n";
    if (arguments.json) continue;
    fmt::print("{}, {}\n{}",
               NameOf(protocol),
               Counted(truth.dataset.images.size(), "pictures"),
               EvaluationTable(evaluation, truth.dataset.classes));
    if (interval) {
      fmt::print("95% interval of the mean over samples of the pictures: {:.2f} to {:.2f}\n",
                 100 * interval->low,
                 100 * interval->high);
    }
    fmt::print("\n");
  }
  if (arguments.json) fmt::print("{}", json);
  if (!arguments.output.empty()) WriteFileWhole(arguments.output, json);
  if (arguments.min_map <= 0 || (first_map && *first_map >= arguments.min_map)) {
    return truth.Status();
  }
  fmt::print(stderr,
             "missed: the {} mean is {}, --min-map asks for {:.2f} %\n",
             NameOf(protocols.front()),
             first_map ? fmt::format("{:.2f} %", 100 * *first_map) : "that of no class",
             100 * arguments.min_map);
  return kTargetMissed;
}

}  // namespace deeper::tools
