#include "tools/train/ranker.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"
#include "core/text/json_line.h"
#include "core/text/quantities.h"
#include "core/work/stopwatch.h"
#include "detector/model/model_file.h"
#include "detector/training/train_ranker.h"
#include "tools/input/data_source.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/network_options.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/options/reading_options.h"
#include "tools/run/keep_before.h"
#include "tools/run/progress.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

struct RankerArguments {
  DataSource data;
  ReadingOptions reading;
  std::string model;
  std::string output;
  std::string proposals_cache;
  bool json = false;
  RunOptions run;
  RankerOptions options;
};

bool ParseRanker(const Arguments& words, RankerArguments& a) {
  CommandLine line(
      "train ranker",
      "Teaches a detector that looks once at a picture which regions to look at closely: cheap "
      "scores on the picture's map choose them, and propose more. All else of it stays.",
      {"deeper train ranker --data voc:my-pictures --set train --model mine.safetensors --output "
       "ranked.safetensors"});
  // clang-format off
  auto& data = line.Group("Data");
  a.data.AddOptions(data);
  a.reading.AddOptions(data);
  auto& model = line.Group("Model");
  model.add_options()
      ("model", po::value(&a.model)->required()->value_name("MODEL"), "the detector, of 'train fast-rcnn'")
      ("output", po::value(&a.output)->required()->value_name("FILE"), "the copy to write; another file that is there stays as FILE.before");
  AddJsonOption(model, a.json);
  line.Group("Training").add_options()
      ("pictures", po::value(&a.options.pictures)->default_value(a.options.pictures)->value_name("N"), "pictures that are learned from, some more than once")
      ("regions", po::value(&a.options.sampling.regions)->default_value(a.options.sampling.regions)->value_name("N"), "regions of each")
      ("foreground-iou", po::value(&a.options.sampling.foreground_iou)->default_value(a.options.sampling.foreground_iou)->value_name("IOU"), "boxes that overlap an object by this much show it")
      ("rate", po::value(&a.options.rate)->default_value(a.options.rate)->value_name("R"), "learning rate at the start")
      ("holdout", po::value(&a.options.holdout)->default_value(a.options.holdout)->value_name("F"), "leave out the pictures that 'train fast-rcnn' keeps out with the same fraction, and measure recall on them")
      ("seed", po::value(&a.options.seed)->default_value(a.options.seed)->value_name("N"), "of all random draws")
      ("proposals-cache", po::value(&a.proposals_cache)->value_name("DIR"), "where proposals are kept; default: <output>.proposals");
  a.run.AddOptions(line.Group("Work"));
  // clang-format on
  if (!line.Parse(words)) return false;
  if (!a.data.Given()) throw UsageError("expected --data, an annotated data set");
  a.run.Check();
  a.options.precision = a.run.Wanted();
  a.options.workers = a.run.workers;
  a.options.proposals_cache =
      a.proposals_cache.empty() ? a.output + ".proposals" : a.proposals_cache;
  a.reading.Check();
  a.options.reading = a.reading.ForReadingAgain();
  CheckOptions(a.options);
  return true;
}

}  // namespace

TrainingOutcome RunTrainRanker(const Arguments& words) {
  const Stopwatch watch;
  RankerArguments arguments;
  if (!ParseRanker(words, arguments)) return {};
  RequireWritable(arguments.output);
  Model model = LoadModel(arguments.model);
  if (!model.picture_scale || !model.backbone) {
    throw Error(arguments.model +
                ": its regions are crops; a ranker is for detectors of 'deeper train fast-rcnn'");
  }
  const LoadedData data = LoadData(arguments.data);
  RankerReport report = TrainRanker(data.dataset, model, arguments.options, TerminalMonitor());
  if (!report.finished) return Stopped(arguments.options.proposals_cache);
  model.ranker = std::move(report.ranker);
  WriteKeepingBefore(arguments.output, [&](const auto& path) { SaveModel(model, path); });
  nlohmann::ordered_json recall = nlohmann::ordered_json::array();
  for (const auto& [regions, fraction] : report.recall) {
    fmt::print(
        stderr, "recall of the best {} regions, held out: {:.2f} %\n", regions, 100 * fraction);
    recall.push_back({{"regions", regions}, {"recall", fraction}});
  }
  fmt::print(stderr,
             "{}: chooses {} a picture\n",
             arguments.output,
             Counted(static_cast<std::size_t>(model.max_regions), "regions"));
  if (!arguments.json) return {.status = data.Status(), .json = {}};
  return {.status = data.Status(),
          .json = LineOf({{"training", "ranker"},
                          {"output", arguments.output},
                          {"recall", recall},
                          {"seconds", watch.Seconds()}})};
}

}  // namespace deeper::tools
