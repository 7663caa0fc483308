#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "core/text/json_line.h"
#include "core/text/quantities.h"
#include "detector/model/model.h"
#include "detector/model/model_file.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/option_errors.h"
#include "tools/run/detection_results.h"
#include "tools/run/evaluation_parts.h"
#include "tools/run/journal.h"
#include "tools/run/journaled_run.h"
#include "tools/run/merge_shards.h"
#include "tools/run/model_parts.h"
#include "tools/run/parts.h"
#include "tools/run/written_files.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

struct MergeArguments {
  std::vector<std::string> inputs;
  std::string output;
  std::string formats;
  bool json = false;
};

bool ParseMerge(const Arguments& words, MergeArguments& arguments) {
  CommandLine line(
      "merge",
      "Joins what 'deeper detect', 'propose', 'train svm' or 'evaluate' did in shards into the "
      "files that one run over all writes.",
      {"deeper merge found/                          # its journals, results beside them",
       "deeper merge node1/found node2/found --output found",
       "deeper merge boxes.jsonl.journal-*.jsonl",
       "deeper merge mine.safetensors.part-*.safetensors",
       "deeper merge map.json.part-*.json"});
  // clang-format off
  line.Group("Input").add_options()
      ("input", po::value(&arguments.inputs)->value_name("JOURNAL"), "journals of shards, or directories that hold them, or parts of a detector or an evaluation; the word itself is enough");
  line.Group("Output").add_options()
      ("output", po::value(&arguments.output)->value_name("PATH"), "the directory of detections, the file of proposals, the detector or the evaluation; default: where one run would have put it, beside the shards'")
      ("format", po::value(&arguments.formats)->value_name("jsonl|coco|voc|ilsvrc[,...]"), "of detections; default: what the shards were asked for")
      ("json", po::bool_switch(&arguments.json), "what was merged, as a JSON object on stdout");
  // clang-format on
  line.TakeWords("input", "JOURNAL...");
  if (!line.Parse(words)) return false;
  if (arguments.inputs.empty()) throw UsageError("expected journals of shards, or their directory");
  if (!arguments.formats.empty()) CheckDetectionFormats(arguments.formats);
  return true;
}

// Where the results go when nobody says: where one run would have put them, if all journals lie in
// one directory.
fs::path OutputOf(const MergeArguments& arguments,
                  const std::vector<fs::path>& journals,
                  const std::string& verb) {
  if (!arguments.output.empty()) return arguments.output;
  const fs::path directory = journals.front().parent_path();
  for (const fs::path& journal : journals) {
    if (journal.parent_path() != directory) {
      throw UsageError("expected --output, since the journals lie in several directories");
    }
  }
  if (verb == "detect") return directory.empty() ? "." : directory;
  const std::string name = journals.front().string();
  const std::size_t suffix = name.rfind(".journal-");
  if (suffix == std::string::npos) throw UsageError("expected --output, the file of proposals");
  return name.substr(0, suffix);
}

// Throws Error for shards of which different detections were asked for.
void RequireSameChoice(const std::vector<ShardFile>& shards) {
  const auto choice = [](const ShardFile& shard) {
    if (shard.content.run.verb != "detect") return std::string();
    const DetectionResults results = DetectionResultsFrom(shard.content.run.results, shard.source);
    return fmt::format("--min-score {} and --only-class {}",
                       results.min_score ? fmt::format("{}", *results.min_score) : "of the model",
                       results.only_classes.empty()
                           ? "of all"
                           : fmt::format("{}", fmt::join(results.only_classes, ",")));
  };
  for (const ShardFile& shard : shards) {
    const std::string first = choice(shards.front());
    const std::string other = choice(shard);
    if (first == other) continue;
    throw Error(fmt::format(
        "{} and {} were asked for different detections, {} and {}; repeat the command of one",
        shards.front().source,
        shard.source,
        first,
        other));
  }
}

void WriteMerged(const MergeArguments& arguments,
                 const MergedShards& merged,
                 const fs::path& output) {
  if (merged.run.verb == "propose") {
    if (!arguments.formats.empty()) throw UsageError("--format is for detections alone");
    WriteFileWhole(output, ResultLines(merged.entries));
    return;
  }
  DetectionResults results = DetectionResultsFrom(merged.run.results, merged.first_source);
  if (!arguments.formats.empty()) results.formats = arguments.formats;
  const DetectionSet found = DetectionsIn(merged.entries, results, merged.first_source);
  std::vector<std::string> ids;
  for (const ImageDetections& image : found.images) ids.push_back(image.id);
  RequireHoldable(results, ids);
  const FileNames files = ResultFilesOf(results, ids);
  RequireNoOtherResults(output, files);
  WriteDetectionResults(found, results, output);
  KeepOnly(output, "detect", files);
  RemoveHalfWritten(output);
}

// Where parts are joined to when nobody says: what they are parts of. `what` names that to people.
fs::path WholeOf(const MergeArguments& arguments, const std::string& what) {
  if (!arguments.formats.empty()) throw UsageError("--format is for detections alone");
  if (!arguments.output.empty()) return arguments.output;
  const std::optional<fs::path> whole = WholeOfPart(arguments.inputs.front());
  if (!whole) throw UsageError("expected --output, " + what);
  return *whole;
}

void SayParts(const MergeArguments& arguments,
              const std::string& verb,
              const fs::path& output,
              std::size_t classes) {
  fmt::print(stderr,
             "{} of {} merged -> {}\n",
             Counted(classes, "classes"),
             Counted(arguments.inputs.size(), "parts"),
             output.string());
  if (arguments.json) {
    fmt::print("{}\n",
               LineOf({{"verb", verb},
                       {"output", output.string()},
                       {"shards", arguments.inputs.size()},
                       {"classes", classes}}));
  }
}

int MergeModels(const MergeArguments& arguments) {
  const fs::path output = WholeOf(arguments, "the detector");
  std::vector<ModelPart> parts;
  for (const std::string& path : arguments.inputs) {
    parts.push_back({.source = path, .model = LoadModel(path)});
  }
  const Model joined = JoinParts(std::move(parts));
  SaveModel(joined, output);
  SayParts(arguments, "train svm", output, joined.classes.Size());
  return kDone;
}

int MergeEvaluations(const MergeArguments& arguments) {
  const fs::path output = WholeOf(arguments, "the file of the evaluation");
  std::vector<EvaluationPart> parts;
  for (const std::string& path : arguments.inputs) {
    parts.push_back({.source = path, .text = ReadTextFile(path)});
  }
  const JoinedEvaluation joined = JoinEvaluationParts(parts);
  WriteFileWhole(output, joined.text);
  SayParts(arguments, "evaluate", output, joined.class_count);
  return kDone;
}

}  // namespace

int RunMerge(const Arguments& words) {
  MergeArguments arguments;
  if (!ParseMerge(words, arguments)) return kDone;
  if (arguments.inputs.front().ends_with(".safetensors")) return MergeModels(arguments);
  if (arguments.inputs.front().ends_with(".json")) return MergeEvaluations(arguments);
  std::vector<ShardFile> shards;
  const std::vector<fs::path> journals = JournalsOf(arguments.inputs);
  for (const fs::path& path : journals) {
    shards.push_back({.source = path.string(), .content = ReadJournal(path)});
    if (const std::size_t damaged = shards.back().content.damaged_lines) {
      fmt::print(stderr,
                 "{}: {} of its lines were torn or damaged and are passed over\n",
                 path.string(),
                 damaged);
    }
  }
  RequireSameChoice(shards);
  const MergedShards merged = MergeShards(std::move(shards));
  for (const auto& [position, entry] : merged.entries) {
    if (entry.kind != JournalEntry::Kind::kDone) fmt::print(stderr, "skipped: {}\n", entry.text);
  }
  const fs::path output = OutputOf(arguments, journals, merged.run.verb);
  WriteMerged(arguments, merged, output);
  fmt::print(stderr,
             "{} of {} merged -> {}\n",
             Counted(merged.entries.size(), "pictures"),
             Counted(merged.run.shard.count, "shards"),
             output.string());
  const std::size_t failed = CountFailed(merged.entries);
  if (arguments.json) {
    fmt::print("{}\n",
               LineOf({{"verb", merged.run.verb},
                       {"output", output.string()},
                       {"shards", merged.run.shard.count},
                       {"pictures", merged.entries.size()},
                       {"failed", failed}}));
  }
  return StatusOf(failed, merged.entries.size());
}

}  // namespace deeper::tools
