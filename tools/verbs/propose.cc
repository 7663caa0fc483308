#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "backbone/precision.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/files/temporary_files.h"
#include "core/pictures/picture_files.h"
#include "core/pictures/read_image.h"
#include "core/text/json_line.h"
#include "core/work/parallel.h"
#include "core/work/stopwatch.h"
#include "detector/model/model_file.h"
#include "detector/multibox/multibox.h"
#include "detector/multibox/multibox_file.h"
#include "detector/multibox/multibox_network.h"
#include "eval/analysis/proposal_recall.h"
#include "eval/formats/lines/proposal_lines.h"
#include "eval/report/proposal_report.h"
#include "proposals/search_recipe.h"
#include "proposals/selective_search.h"
#include "tools/input/data_source.h"
#include "tools/input/pictures.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/network_options.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/options/reading_options.h"
#include "tools/run/journal.h"
#include "tools/run/journaled_run.h"
#include "tools/run/shard.h"
#include "tools/run/stop_signal.h"
#include "tools/verbs/compare_proposals.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

struct ProposeArguments {
  std::vector<std::string> inputs;
  DataSource data;
  ReadingOptions reading;
  ProposalOptions proposals;
  std::string multibox;
  bool multibox_alone = false;
  MultiBoxViewsOption multibox_views;
  std::string precision = "auto";
  std::string output;
  std::string curve;
  int workers = 0;
  bool json = false;
  ShardOptions shard;
  double picture_time_limit_s = kPictureTimeLimitSeconds;

  // Whether the ways to propose are compared, rather than one of them taken.
  bool Compares() const {
    return data.Given() && !multibox.empty() && !multibox_alone && output.empty();
  }
};

// What one picture gave: the line of its proposals, or why it has none.
struct Proposed {
  std::string json;
  double seconds = 0;
  std::string error;
};

// multibox: its boxes join those of Selective Search, or stand alone; nullptr for none.
Proposed ProposeFor(const Picture& picture,
                    const ReadImageOptions& reading,
                    const SelectiveSearchOptions& options,
                    const MultiBoxNetwork* multibox,
                    bool multibox_alone) {
  Proposed proposed;
  try {
    const Image image = ReadImage(picture.path, reading);
    ImageProposals found{
        .id = picture.id, .width = image.width, .height = image.height, .proposals = {}};
    found.proposals = Timed<ProcessorWatch>(proposed.seconds, [&] {
      if (multibox_alone) return multibox->Propose(image);
      std::vector<Proposal> proposals = SelectiveSearch(image, options);
      if (multibox == nullptr) return proposals;
      return JoinProposals(multibox->Propose(image), proposals, options, image.width, image.height);
    });
    proposed.json = ProposalLineOf(found);
  } catch (const Error& error) {
    proposed.error = error.what();
  }
  return proposed;
}

bool ParsePropose(const Arguments& words, ProposeArguments& arguments) {
  CommandLine line(
      "propose",
      "Boxes that may hold an object of any class, best first; with annotations, how many objects "
      "they cover.",
      {"deeper propose photos/ --output proposals.jsonl",
       "deeper propose --data voc:VOC2007 --set test --proposals fast",
       "deeper propose --data voc:VOC2007 --set test --selective-search opencv --workers 1",
       "deeper propose --data voc:VOC2007 --set test --multibox boxes.safetensors --curve "
       "recall.svg",
       "deeper propose --data voc:VOC2007 --set test --multibox boxes.safetensors --multibox-alone "
       "--output multibox.jsonl"});
  // clang-format off
  auto& input = line.Group("Input");
  input.add_options()
      ("input", po::value(&arguments.inputs)->value_name("PICTURE"), "pictures, directories, patterns, @lists; the word itself is enough");
  arguments.reading.AddOptions(input);
  arguments.data.AddOptions(line.Group("Input from a data set, to measure recall"));
  arguments.proposals.AddOptions(line.Group("Proposals (default: x2)"));
  auto& multibox = line.Group("MultiBox");
  multibox.add_options()
      ("multibox", po::value(&arguments.multibox)->value_name("MODEL"), "a MultiBox, or a detector that has one: its boxes join those of Selective Search; with --data and without --output the ways to propose are compared")
      ("multibox-alone", po::bool_switch(&arguments.multibox_alone), "propose MultiBox's boxes without Selective Search's")
      ("precision", po::value(&arguments.precision)->default_value(arguments.precision)->value_name("auto|f32|bf16"), "of its network; auto: the fastest that this processor has");
  arguments.multibox_views.AddOptions(multibox);
  auto& output = line.Group("Output");
  output.add_options()
      ("output", po::value(&arguments.output)->value_name("FILE"), "JSON lines, one a picture; a stopped run goes on when repeated; default without --data: stdout")
      ("json", po::bool_switch(&arguments.json), "recall as a JSON object, or what was written to --output")
      ("curve", po::value(&arguments.curve)->value_name("FILE"), "recall against the number of boxes, as an SVG; with --data and --multibox")
      ("workers", po::value(&arguments.workers)->value_name("N"), "threads, each on its own picture; default: one for each processor");
  auto& shards = line.Group("Parts of a large run, with --output");
  arguments.shard.AddOptions(shards);
  AddPictureTimeLimit(shards, arguments.picture_time_limit_s);
  // clang-format on
  line.TakeWords("input", "PICTURE...");
  line.Restrict({DataSource::WithData(),
                 {.options = "set", .with = "data"},
                 {.options = "multibox-alone multibox-views precision", .with = "multibox"},
                 {.options = "proposals selective-search max-proposal-iou max-proposals",
                  .without = "multibox-alone"},
                 {.options = "json", .with = "data output"},
                 {.options = "curve", .with = "data"},
                 {.options = "curve", .with = "multibox", .without = "multibox-alone output"},
                 {.options = "shard shards picture-time-limit", .with = "output"}});
  if (!line.Parse(words)) return false;
  if (arguments.inputs.empty() == !arguments.data.Given()) {
    throw UsageError("expected pictures or --data, one of the two");
  }
  arguments.multibox_views.Views();
  RunOptions{.precision = arguments.precision, .workers = 1}.Check();
  if (arguments.workers == 0) arguments.workers = DefaultWorkers();
  CheckRange("workers", arguments.workers, 1, 4096);
  CheckPictureTimeLimit(arguments.picture_time_limit_s);
  arguments.reading.Check();
  return true;
}

void PrintRecall(const Dataset& truth,
                 const JournalEntries& entries,
                 double ms_per_image,
                 bool as_json) {
  std::map<std::string, std::vector<Proposal>> by_id;
  for (ImageProposals& image : ParseProposalLines(ResultLines(entries), "proposals")) {
    by_id[image.id] = std::move(image.proposals);
  }
  std::vector<std::vector<Proposal>> all;
  for (const AnnotatedImage& image : truth.images) all.push_back(by_id[image.id]);
  const MeasuredProposals measured = {
      .name = "proposals", .quality = EvaluateProposals(truth, all), .ms_per_image = ms_per_image};
  if (as_json) {
    fmt::print("{}\n", QualityJson(measured, truth.classes));
  } else {
    fmt::print("{}", QualityText(measured, truth.classes));
  }
}

// The network of --multibox, and how it takes part, as text.
struct UsedMultiBox {
  std::unique_ptr<const MultiBoxNetwork> network;
  std::string text;
};

UsedMultiBox LoadUsedMultiBox(const ProposeArguments& arguments) {
  if (arguments.multibox.empty()) return {};
  const MultiBox multibox = LoadMultiBox(arguments.multibox);
  const Precision precision = RunOptions{.precision = arguments.precision}.ForMultiBox();
  UsedMultiBox used;
  used.network = std::make_unique<const MultiBoxNetwork>(
      multibox, precision, arguments.multibox_views.Views());
  used.text = fmt::format("multibox {}\nmultibox_views {}\nprecision {}\nmultibox_alone {}\n",
                          FingerprintOf(multibox),
                          arguments.multibox_views.name,
                          NameOf(precision),
                          arguments.multibox_alone ? "yes" : "no");
  return used;
}

}  // namespace

int RunPropose(const Arguments& words) {
  ProposeArguments arguments;
  if (!ParsePropose(words, arguments)) return kDone;
  const ShardOptions::Chosen chosen = arguments.shard.Choose();
  if (!chosen.shard.IsWhole() && arguments.output.empty()) {
    throw UsageError(fmt::format("shard {} (from {}) needs --output, beside which its part is kept",
                                 ShardText(chosen.shard),
                                 chosen.source));
  }
  const SelectiveSearchOptions options =
      arguments.proposals.Over(DoubleSuperpixelSelectiveSearch());
  std::optional<LoadedData> data;
  if (arguments.data.Given()) data = LoadData(arguments.data);
  const Dataset* truth = data ? &data->dataset : nullptr;
  const std::size_t mismatched = data ? data->mismatched : 0;
  const std::vector<Picture> pictures =
      truth != nullptr ? PicturesOf(*truth) : FindNamedPictures(arguments.inputs);
  const UsedMultiBox multibox = LoadUsedMultiBox(arguments);
  if (arguments.Compares()) {
    const int status = CompareProposals(*truth,
                                        pictures,
                                        *multibox.network,
                                        {.proposals = arguments.proposals,
                                         .reading = arguments.reading.ForReading(),
                                         .workers = arguments.workers,
                                         .curve = arguments.curve,
                                         .json = arguments.json});
    return status == kDone ? data->Status() : status;
  }
  SayShard(chosen, PicturesOfShard(pictures, chosen.shard).size(), pictures.size());

  std::optional<Journal> journal;
  if (!arguments.output.empty()) {
    RequireWritable(arguments.output);
    journal.emplace(JournalPath(arguments.output + ".journal", chosen.shard),
                    RecordOf("propose",
                             SearchRecipe(options) + multibox.text + arguments.reading.Text(),
                             pictures,
                             chosen.shard,
                             ""));
  }
  const PictureRun run{.pictures = &pictures,
                       .shard = chosen.shard,
                       .workers = arguments.workers,
                       .picture_time_limit_s = arguments.picture_time_limit_s,
                       .what = "proposing"};
  double seconds = 0;
  std::size_t timed = 0;
  const JournalEntries entries = RunPictures<Proposed>(
      run,
      journal ? &*journal : nullptr,
      [&](const Picture& picture) {
        return ProposeFor(picture,
                          arguments.reading.ForReading(),
                          options,
                          multibox.network.get(),
                          arguments.multibox_alone);
      },
      [&](const Proposed& proposed) {
        seconds += proposed.seconds;
        ++timed;
      });
  if (StopAsked()) return StopStatus();

  const std::size_t failed = CountFailed(entries);
  const ExitStatus status =
      failed == 0 && mismatched > 0 ? kSomeInputsFailed : StatusOf(failed, entries.size());
  if (!chosen.shard.IsWhole()) {
    SayShardDone(*journal, run);
    return status;
  }
  if (journal) {
    WriteFileWhole(arguments.output, ResultLines(entries));
    RemoveAbandonedTemporaries(std::filesystem::absolute(arguments.output).parent_path());
    journal->Remove();
  } else if (truth == nullptr) {
    std::fputs(ResultLines(entries).c_str(), stdout);
  }
  if (truth != nullptr) {
    const auto divisor = static_cast<double>(std::max<std::size_t>(1, timed));
    PrintRecall(*truth, entries, 1e3 * seconds / divisor, arguments.json);
  } else if (journal && arguments.json) {
    fmt::print("{}\n",
               LineOf({{"output", arguments.output},
                       {"pictures", entries.size()},
                       {"failed", failed},
                       {"core_seconds", seconds}}));
  }
  return status;
}

}  // namespace deeper::tools
