#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "core/error.h"
#include "core/files/path_kind.h"
#include "core/pictures/picture_files.h"
#include "core/text/json_line.h"
#include "core/text/quantities.h"
#include "core/work/stopwatch.h"
#include "detector/regions/features.h"
#include "eval/drawing/draw.h"
#include "tools/input/class_names.h"
#include "tools/input/data_source.h"
#include "tools/input/drawing_options.h"
#include "tools/input/pictures.h"
#include "tools/input/video.h"
#include "tools/options/command_line.h"
#include "tools/options/detector_options.h"
#include "tools/options/exit_status.h"
#include "tools/options/model_defaults.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/options/reading_options.h"
#include "tools/options/suppression_options.h"
#include "tools/run/detection_results.h"
#include "tools/run/finished_run.h"
#include "tools/run/journal.h"
#include "tools/run/journaled_run.h"
#include "tools/run/shard.h"
#include "tools/run/stop_signal.h"
#include "tools/run/supervision.h"
#include "tools/run/written_files.h"
#include "tools/verbs/detect_picture.h"
#include "tools/verbs/draw_found.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

// In the directory of results.
constexpr const char* kDrawings = "drawings";
constexpr const char* kFrames = "frames";

struct DetectArguments {
  std::vector<std::string> inputs;
  DataSource data;
  DetectorArguments detector;
  std::string output = "deeper-out";
  std::string formats = "jsonl,coco";
  bool no_drawings = false;
  bool json = false;
  int every = 1;
  bool anew = false;
  std::optional<float> draw_min_score;
  std::optional<float> min_score;
  std::string only_classes;
  DrawingOptions drawing;
  ReadingOptions reading;
  SuppressionOptions suppression;
  ShardOptions shard;
  double picture_time_limit_s = kPictureTimeLimitSeconds;
};

bool ParseDetect(const Arguments& words, DetectArguments& arguments) {
  CommandLine line(
      "detect",
      "Finds the objects in pictures: boxes, classes and scores into files, drawings beside them.",
      {"deeper detect photos/                                # a directory and all below it",
       "deeper detect a.jpg 'holiday/*.png' @list.txt        # files, patterns, lists",
       "deeper detect photos/ --output found --format jsonl,coco,voc,ilsvrc",
       "deeper detect photos/ --output found --only-class dog,cat --min-score 0.5   # of what was "
       "found, at once",
       "deeper detect photos/ --model a.safetensors --model b.safetensors",
       "deeper detect clip.mp4 --every 5                     # a video; drawn: found/clip.avi",
       "deeper detect --data voc:VOC2007 --set test --no-drawings --feature-cache cache/"});
  // clang-format off
  auto& input = line.Group("Input");
  input.add_options()
      ("input", po::value(&arguments.inputs)->value_name("PICTURE"), "pictures, directories, patterns, @lists, videos; the word itself is enough")
      ("every", po::value(&arguments.every)->default_value(arguments.every)->value_name("N"), "of a video every N-th frame");
  arguments.reading.AddOptions(input);
  arguments.data.AddOptions(line.Group("Input from a data set"));
  arguments.detector.AddOptions(line.Group("Model"));
  auto& output = line.Group("Output");
  output.add_options()
      ("output", po::value(&arguments.output)->default_value(arguments.output)->value_name("DIR"), "where everything goes; a stopped run goes on when repeated, a finished one is written and drawn again as now asked for")
      ("anew", po::bool_switch(&arguments.anew), "detect again, whatever an earlier run left in --output")
      ("format", po::value(&arguments.formats)->default_value(arguments.formats)->value_name("jsonl|coco|voc|ilsvrc[,...]"), "of the detections; several between commas")
      ("min-score", po::value<float>()->notifier([&](float value) { arguments.min_score = value; })->value_name("S"), "detections below are not written; default: the model's")
      ("only-class", po::value(&arguments.only_classes)->value_name("NAME,..."), "these classes alone are written and drawn")
      ("json", po::bool_switch(&arguments.json), "what was done and how long it took, as a JSON object on stdout")
      ("no-drawings", po::bool_switch(&arguments.no_drawings), "write no annotated pictures")
      ("draw-min-score", po::value<float>()->notifier([&](float value) { arguments.draw_min_score = value; })->value_name("S"), "detections below are not drawn; default: the operating point of the class, where F1 was best, or margins above 0");
  arguments.drawing.AddOptions(output);
  arguments.suppression.AddOptions(line.Group("From scores to detections"));
  auto& work = line.Group("Work");
  arguments.detector.proposals.AddOptions(work);
  arguments.detector.run.AddOptions(work);
  arguments.shard.AddOptions(work);
  AddPictureTimeLimit(work, arguments.picture_time_limit_s);
  work.add_options()
      ("feature-cache", po::value(&arguments.detector.feature_cache)->value_name("DIR"), "keep the features of all proposals, to try other heads and thresholds without the network (4 kB a box)");
  // clang-format on
  line.TakeWords("input", "PICTURE...");
  line.Restrict({DataSource::WithData(),
                 {.options = "set", .with = "data format=voc"},
                 {.options = "every", .without = "data"},
                 {.options = "draw-min-score line-width colours", .without = "no-drawings"}});
  line.Restrict(DetectorArguments::Restrictions());
  line.ShowDefaultsOf([&] { return DefaultsOf(arguments.detector); });
  if (!line.Parse(words)) return false;
  if (arguments.inputs.empty() == !arguments.data.Given()) {
    throw UsageError("expected pictures or --data, one of the two");
  }
  CheckDetectionFormats(arguments.formats);
  arguments.reading.Check();
  CheckRange("every", arguments.every, 1, 1e6);
  CheckRange("min-score", arguments.min_score.value_or(0), -1e9, 1e9);
  CheckRange("draw-min-score", arguments.draw_min_score.value_or(0), -1e9, 1e9);
  CheckPictureTimeLimit(arguments.picture_time_limit_s);
  arguments.drawing.Check();
  arguments.detector.Check();
  arguments.detector.run.Check();
  return true;
}

std::vector<std::string> IdsOf(const std::vector<Picture>& pictures) {
  std::vector<std::string> ids;
  for (const Picture& picture : pictures) ids.push_back(picture.id);
  return ids;
}

std::vector<std::string> IdsOf(const DetectionSet& found) {
  std::vector<std::string> ids;
  for (const ImageDetections& image : found.images) ids.push_back(image.id);
  return ids;
}

std::vector<std::string> NamesOf(const std::vector<fs::path>& files) {
  std::vector<std::string> names;
  for (const fs::path& file : files) names.push_back(file.string());
  return names;
}

// What is drawn: of the classes asked for, what reaches the score asked for, else the operating
// point of its class, else a margin of 0.
std::optional<FoundDrawing> DrawingOf(const DetectArguments& arguments,
                                      const std::vector<std::string>& only_classes,
                                      const Model& model) {
  if (arguments.no_drawings) return std::nullopt;
  const std::size_t count = model.classes.Size();
  FoundDrawing drawing{.directory = fs::path(arguments.output) / kDrawings,
                       .classes = model.classes,
                       .drawn_from = std::vector(count, arguments.draw_min_score.value_or(0)),
                       .style = arguments.drawing.StyleFor(model.classes)};
  const std::vector<bool> kept = ClassesNamed("only-class", model.classes, only_classes);
  for (std::size_t c = 0; c < count; ++c) {
    float& from = drawing.drawn_from[c];
    if (!arguments.draw_min_score && model.calibration) {
      from = static_cast<float>(model.calibration->operating_points[c]);
    }
    if (arguments.min_score) from = std::max(from, *arguments.min_score);
    if (!kept[c]) from = std::numeric_limits<float>::infinity();
  }
  return drawing;
}

// What is passed over below a directory of pictures: the directory of results, and what is written
// in it where that is itself, or above, a directory of pictures.
std::vector<fs::path> OwnPlaces(const fs::path& output) {
  std::vector<fs::path> places = {output, output / kDrawings, output / kFrames};
  for (const std::string& name : WrittenFiles(output)) places.push_back(output / name);
  return places;
}

// Throws Error for a picture that is output, of this run or an earlier one.
void RequireApart(const fs::path& output, const std::vector<Picture>& pictures) {
  const fs::path whole = fs::weakly_canonical(output);
  std::set<fs::path> own = {whole / kDrawings, whole / kFrames};
  for (const std::string& name : WrittenFiles(output)) own.insert(whole / name);
  for (const Picture& picture : pictures) own.insert(whole / DrawnVideoFile(picture.id));
  for (const Picture& picture : pictures) {
    if (picture.path.empty()) continue;
    for (fs::path place = fs::weakly_canonical(picture.path); place != place.parent_path();
         place = place.parent_path()) {
      if (!own.contains(place)) continue;
      throw Error(
          fmt::format("{}: is no picture to work on, as {} is output of this verb; name "
                      "other pictures, or another --output",
                      picture.path.string(),
                      place.string()));
    }
  }
}

// Replaces videos among the pictures by their frames. Throws UsageError for videos in shards.
Videos FramesOf(std::vector<Picture>& pictures,
                const DetectArguments& arguments,
                const ShardOptions::Chosen& chosen) {
  if (!chosen.shard.IsWhole()) {
    if (std::ranges::none_of(pictures, IsVideo, &Picture::path)) return {};
    throw UsageError(
        fmt::format("shard {} (from {}): videos are not cut into shards; use --shard 1/1",
                    ShardText(chosen.shard),
                    chosen.source));
  }
  Videos videos = ReplaceVideos(pictures, fs::path(arguments.output) / kFrames, arguments.every);
  if (pictures.empty() && videos.failed > 0) {
    throw Error("nothing to detect in: no video could be read");
  }
  return videos;
}

// What videos leave in the directory of results.
FileNames FilesOf(const Videos& videos, const DetectionResults& results) {
  FileNames names;
  for (const VideoFrames& video : videos.videos) {
    if (results.drawings) names.insert(DrawnVideoFile(video.id).string());
    for (const Picture& frame : video.frames)
      names.insert((fs::path(kFrames) / (frame.id + ".jpg")).string());
  }
  return names;
}

// Sums over the pictures of this run, for the closing lines.
struct Totals {
  std::size_t pictures = 0;
  std::size_t proposals = 0;
  std::size_t replaced_kept = 0;  // whose features were kept of another content
  StageTimes times;
};

std::size_t CountDetections(const DetectionSet& found) {
  std::size_t detections = 0;
  for (const ImageDetections& image : found.images) detections += image.detections.size();
  return detections;
}

// {"output", "pictures", "failed", "detections", and of this run "run_pictures", "proposals" and
// seconds of processor time by stage, "seconds" on the clock}
std::string TotalsJson(const Totals& totals,
                       const DetectionSet& found,
                       std::size_t failed,
                       const DetectArguments& arguments,
                       double seconds) {
  const StageTimes& times = totals.times;
  return LineOf({{"output", arguments.output},
                 {"pictures", found.images.size()},
                 {"failed", failed},
                 {"detections", CountDetections(found)},
                 {"run_pictures", totals.pictures},
                 {"proposals", totals.proposals},
                 {"core_seconds",
                  {{"decode", times.decode_s},
                   {"proposals", times.proposals_s},
                   {"crops", times.crop_s},
                   {"network", times.network_s},
                   {"heads", times.heads_s}}},
                 {"seconds", seconds}});
}

void SayTotals(const Totals& totals, const DetectionSet& found, const DetectArguments& arguments) {
  fmt::print(stderr,
             "{} in {} -> {}\n",
             Counted(CountDetections(found), "detections"),
             Counted(found.images.size(), "pictures"),
             arguments.output);
  if (totals.replaced_kept > 0) {
    fmt::print(stderr,
               "{}: {} changed since features were kept, which were extracted anew\n",
               arguments.detector.feature_cache,
               Counted(totals.replaced_kept, "pictures"));
  }
  if (totals.pictures == 0) return;
  const auto pictures = static_cast<double>(totals.pictures);
  const StageTimes& times = totals.times;
  fmt::print(stderr,
             "a picture, on one core: {:.0f} proposals; decode {:.0f} ms, proposals {:.0f} ms, "
             "crops {:.0f} ms, "
             "network {:.0f} ms, heads {:.0f} ms\n",
             static_cast<double>(totals.proposals) / pictures,
             1e3 * times.decode_s / pictures,
             1e3 * times.proposals_s / pictures,
             1e3 * times.crop_s / pictures,
             1e3 * times.network_s / pictures,
             1e3 * times.heads_s / pictures);
}

// Of what is found: what is to be drawn again, or all that has no drawing.
std::vector<EarlierFound> EarlierOf(const std::vector<Picture>& pictures,
                                    const JournalEntries& entries,
                                    const DetectionSet& found,
                                    const FoundDrawing& drawing,
                                    bool redraws_all) {
  std::vector<EarlierFound> earlier;
  auto image = found.images.begin();
  for (const auto& [position, entry] : entries) {
    if (entry.kind != JournalEntry::Kind::kDone) continue;
    if (redraws_all || !Exists(drawing.directory / DrawingFile(image->id))) {
      earlier.push_back({.picture = &pictures[position], .found = &*image});
    }
    ++image;
  }
  return earlier;
}

int SayStopped(std::size_t done, std::size_t pictures) {
  fmt::print(stderr,
             "stopped with {} of {} done; the same command goes on\n",
             done,
             Counted(pictures, "pictures"));
  return StopStatus();
}

}  // namespace

int RunDetect(const Arguments& words) {
  const Stopwatch watch;
  DetectArguments arguments;
  if (!ParseDetect(words, arguments)) return kDone;
  const ShardOptions::Chosen chosen = arguments.shard.Choose();

  const fs::path output = arguments.output;
  std::size_t mismatched = 0;
  std::vector<Picture> pictures;
  if (arguments.data.Given()) {
    arguments.data.set_names_results = HasFormat(arguments.formats, "voc");
    const LoadedData data = LoadData(arguments.data);
    mismatched = data.mismatched;
    pictures = PicturesOf(data.dataset);
  } else {
    pictures =
        FindNamedPictures(arguments.inputs, {.with_videos = true, .left_out = OwnPlaces(output)});
    NameVideosApart(pictures);
  }
  RequireApart(output, pictures);
  SayShard(chosen, PicturesOfShard(pictures, chosen.shard).size(), pictures.size());
  const Detector detector = arguments.detector.Load();
  if (const std::string fault = FontFaultOf(detector.classes());
      !arguments.no_drawings && !fault.empty()) {
    fmt::print(stderr, "warning: {}\n", fault);
  }
  std::vector<std::string> only_classes;
  if (!arguments.only_classes.empty()) {
    only_classes = SplitAtCommas("only-class", arguments.only_classes);
  }
  static_cast<void>(ClassesNamed("only-class", detector.classes(), only_classes));  // may throw
  const std::optional<FoundDrawing> drawing = DrawingOf(arguments, only_classes, detector.first());
  const PictureDetector detect(detector,
                               {.detect = arguments.suppression.Over(detector, arguments.min_score),
                                .reading = arguments.reading,
                                .drawing = drawing});
  DetectionResults results{.formats = arguments.formats,
                           .set = arguments.data.set.empty() ? "pictures" : arguments.data.set,
                           .classes = detector.classes(),
                           .min_score = arguments.min_score,
                           .only_classes = only_classes,
                           .models = NamesOf(detector.files()),
                           .drawings = !arguments.no_drawings,
                           .look = drawing ? drawing->Text() : ""};
  RequireHoldable(results, IdsOf(pictures));
  const Videos videos = FramesOf(pictures, arguments, chosen);
  RequireNoOtherResults(output, ResultFilesOf(results, IdsOf(pictures)));
  RunRecord record = RecordOf(
      "detect", detect.Configuration(), pictures, chosen.shard, DetectionResultsText(results));
  const fs::path journal_path = JournalPath(output / "journal", chosen.shard);
  const bool drops_earlier = arguments.anew && !IsBegunAnew();
  const bool is_repeated = !drops_earlier && TakeUpFinishedRun(output, journal_path, record);
  Journal journal(
      journal_path, record, drops_earlier ? Journal::Start::kAnew : Journal::Start::kGoOn);
  ForgetFinishedRun(output);
  if (is_repeated) {
    fmt::print(stderr,
               "{}: this run was finished before; what it found is written as now asked for "
               "(--anew detects again)\n",
               arguments.output);
  }
  const DetectionResults earlier = DetectionResultsFrom(journal.results(), journal_path.string());
  results.redraws = results.drawings && (earlier.redraws || earlier.look != results.look);
  journal.SetResults(DetectionResultsText(results));
  const PictureRun run{.pictures = &pictures,
                       .shard = chosen.shard,
                       .workers = arguments.detector.run.workers,
                       .picture_time_limit_s = arguments.picture_time_limit_s,
                       .what = "detecting"};
  Totals totals;
  const JournalEntries entries = RunPictures<PictureDetections>(
      run,
      &journal,
      [&](const Picture& picture) { return detect.Run(picture); },
      [&](const PictureDetections& result) {
        ++totals.pictures;
        totals.proposals += result.proposals;
        totals.replaced_kept += result.replaced_kept ? 1 : 0;
        totals.times += result.times;
      });
  if (StopAsked()) {
    return SayStopped(entries.size(), PicturesOfShard(pictures, chosen.shard).size());
  }

  const DetectionSet found = DetectionsIn(entries, results, journal.path());
  const std::size_t not_drawn =
      arguments.no_drawings
          ? 0
          : DrawEarlier(detect,
                        EarlierOf(pictures, entries, found, *drawing, results.redraws),
                        arguments.detector.run.workers);
  if (StopAsked()) return SayStopped(entries.size(), entries.size());
  results.redraws = not_drawn > 0;
  record.results = DetectionResultsText(results);
  journal.SetResults(record.results);
  if (chosen.shard.IsWhole()) {
    WriteDetectionResults(found, results, output);
    FileNames written = ResultFilesOf(results, IdsOf(found));
    if (!arguments.no_drawings) {
      WriteDrawnVideos(videos, output / kDrawings, output, arguments.every);
    }
    written.merge(FilesOf(videos, results));
    written.insert(kFinishedRunName);
    KeepOnly(output, "detect", written);
    RemoveHalfWritten(output);
    KeepFinishedRun(output, record, entries);
    journal.Remove();
  }
  SayTotals(totals, found, arguments);
  const std::size_t failed = CountFailed(entries) + videos.failed;
  if (arguments.json) {
    fmt::print("{}\n", TotalsJson(totals, found, failed, arguments, watch.Seconds()));
  }
  if (!chosen.shard.IsWhole()) SayShardDone(journal, run);
  const ExitStatus status = StatusOf(failed, entries.size() + videos.failed);
  return status == kDone && mismatched + not_drawn > 0 ? kSomeInputsFailed : status;
}

}  // namespace deeper::tools
