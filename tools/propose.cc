#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.h"
#include "core/file.h"
#include "core/read_image.h"
#include "core/temporary_files.h"
#include "eval/proposal_lines.h"
#include "proposals/recall.h"
#include "proposals/selective_search.h"
#include "tools/command_line.h"
#include "tools/data_source.h"
#include "tools/extraction.h"
#include "tools/journal.h"
#include "tools/journaled_run.h"
#include "tools/network_options.h"
#include "tools/parallel.h"
#include "tools/pictures.h"
#include "tools/shard.h"
#include "tools/verbs.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

struct ProposeArguments {
  std::vector<std::string> inputs;
  DataSource data;
  ProposalOptions proposals;
  std::string output;
  int workers = 0;
  bool json = false;
  ShardOptions shard;
  double picture_time_limit_s = kPictureTimeLimit_s;
};

// What one picture gave: the line of its proposals, or why it has none.
struct Proposed {
  std::string json;
  double seconds = 0;
  std::string error;
};

Proposed ProposeFor(const Picture& picture, const SelectiveSearchOptions& options) {
  Proposed proposed;
  try {
    const Image image = ReadImage(picture.path);
    ImageProposals found{
        .id = picture.id, .width = image.width, .height = image.height, .proposals = {}};
    found.proposals = Timed(proposed.seconds, [&] { return SelectiveSearch(image, options); });
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
       "deeper propose --data voc:VOC2007 --set test --selective-search opencv --workers 1"});
  // clang-format off
  line.Group("Input").add_options()
      ("input", po::value(&arguments.inputs)->value_name("PICTURE"), "pictures, directories, patterns, @lists; the word itself is enough");
  arguments.data.AddOptions(line.Group("Input from a data set, to measure recall"));
  arguments.proposals.AddOptions(line.Group("Proposals (default: x2)"));
  auto& output = line.Group("Output");
  output.add_options()
      ("output", po::value(&arguments.output)->value_name("FILE"), "JSON lines, one a picture; a stopped run goes on when repeated; default without --data: stdout")
      ("json", po::bool_switch(&arguments.json), "recall as a JSON object")
      ("workers", po::value(&arguments.workers)->value_name("N"), "threads, each on its own picture; default: one for each processor");
  auto& shards = line.Group("Parts of a large run, with --output");
  arguments.shard.AddOptions(shards);
  AddPictureTimeLimit(shards, arguments.picture_time_limit_s);
  // clang-format on
  line.TakeWords("input", "PICTURE...");
  if (!line.Parse(words)) return false;
  if (arguments.inputs.empty() == !arguments.data.Given()) {
    throw UsageError("expected pictures or --data, one of the two");
  }
  if (arguments.workers == 0) arguments.workers = DefaultWorkers();
  CheckRange("workers", arguments.workers, 1, 4096);
  CheckPictureTimeLimit(arguments.picture_time_limit_s);
  return true;
}

std::string QualityText(const ProposalQuality& quality, double ms_per_image) {
  std::string text = fmt::format(
      "{} pictures, {} objects, {:.0f} boxes a picture, {:.0f} ms a picture on one core\n"
      "recall at IoU 0.5  {:.4f}\nrecall at IoU 0.7  {:.4f}\naverage recall     {:.4f}\nMABO       "
      "        {:.4f}\n\n"
      "    boxes  recall 0.5  recall 0.7  average recall\n",
      quality.images,
      quality.objects,
      quality.boxes_per_image,
      ms_per_image,
      quality.recall_50,
      quality.recall_70,
      quality.average_recall,
      quality.mean_average_best_overlap);
  for (const RecallAtBoxes& point : quality.curve) {
    text += fmt::format("{:>9}  {:>10.4f}  {:>10.4f}  {:>14.4f}\n",
                        point.box_count,
                        point.recall_50,
                        point.recall_70,
                        point.average_recall);
  }
  return text;
}

std::string AboText(const ProposalQuality& quality, const ClassTable& classes) {
  std::string text = "\nclass                ABO\n";
  for (std::size_t i = 0; i < classes.Size(); ++i) {
    const std::optional<double>& abo = quality.average_best_overlap[i];
    text += fmt::format(
        "{:<16}  {}\n", classes.Name(ClassAt(i)), abo ? fmt::format("{:.4f}", *abo) : "  -");
  }
  return text;
}

nlohmann::ordered_json QualityJson(const ProposalQuality& quality,
                                   const ClassTable& classes,
                                   double ms_per_image) {
  nlohmann::ordered_json json{{"images", quality.images},
                              {"objects", quality.objects},
                              {"boxes_per_image", quality.boxes_per_image},
                              {"ms_per_image", ms_per_image},
                              {"recall_50", quality.recall_50},
                              {"recall_70", quality.recall_70},
                              {"average_recall", quality.average_recall},
                              {"mabo", quality.mean_average_best_overlap}};
  for (std::size_t i = 0; i < classes.Size(); ++i) {
    const std::optional<double>& abo = quality.average_best_overlap[i];
    json["abo"][classes.Name(ClassAt(i))] =
        abo ? nlohmann::ordered_json(*abo) : nlohmann::ordered_json();
  }
  for (const RecallAtBoxes& point : quality.curve) {
    json["curve"].push_back({{"boxes", point.box_count},
                             {"recall_50", point.recall_50},
                             {"recall_70", point.recall_70},
                             {"average_recall", point.average_recall}});
  }
  return json;
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
  const ProposalQuality quality = EvaluateProposals(truth, all);
  if (as_json) {
    fmt::print("{}\n", QualityJson(quality, truth.classes, ms_per_image).dump());
  } else {
    fmt::print("{}{}", QualityText(quality, ms_per_image), AboText(quality, truth.classes));
  }
}

}  // namespace

int RunPropose(const Arguments& words) {
  ProposeArguments arguments;
  if (!ParsePropose(words, arguments)) return kDone;
  const ShardOptions::Chosen chosen = arguments.shard.Choose();
  if (!chosen.shard.IsWhole() && arguments.output.empty()) {
    throw UsageError(fmt::format("shard {} (from {}) needs --output, beside which its part is kept",
                                 TextOf(chosen.shard),
                                 chosen.source));
  }
  const SelectiveSearchOptions options =
      arguments.proposals.Over(DoubleSuperpixelSelectiveSearch());
  std::optional<Dataset> truth;
  if (arguments.data.Given()) truth = ReadDataSource(arguments.data);
  const std::vector<Picture> pictures = truth ? PicturesOf(*truth) : FindPictures(arguments.inputs);
  SayShard(chosen, PicturesOfShard(pictures, chosen.shard).size(), pictures.size());

  std::optional<Journal> journal;
  if (!arguments.output.empty()) {
    RequireWritable(arguments.output);
    journal.emplace(
        JournalPath(arguments.output + ".journal", chosen.shard),
        RecordOf("propose", "proposals " + TextOf(options), pictures, chosen.shard, ""));
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
      [&](const Picture& picture) { return ProposeFor(picture, options); },
      [&](const Proposed& proposed) {
        seconds += proposed.seconds;
        ++timed;
      });
  if (StopAsked()) return StopStatus();

  const std::size_t failed = CountFailed(entries);
  if (!chosen.shard.IsWhole()) {
    SayShardDone(*journal, run);
    return StatusOf(failed, entries.size());
  }
  if (journal) {
    WriteFileWhole(arguments.output, ResultLines(entries));
    RemoveAbandonedTemporaries(std::filesystem::absolute(arguments.output).parent_path());
    journal->Remove();
  } else if (!truth) {
    std::fputs(ResultLines(entries).c_str(), stdout);
  }
  if (truth) {
    const auto divisor = static_cast<double>(std::max<std::size_t>(1, timed));
    PrintRecall(*truth, entries, 1e3 * seconds / divisor, arguments.json);
  }
  return StatusOf(failed, entries.size());
}

}  // namespace deeper::tools
