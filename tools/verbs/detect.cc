#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/read_image.h"
#include "core/text/json_line.h"
#include "core/work/stopwatch.h"
#include "detector/model/model.h"
#include "detector/region_scores.h"
#include "eval/drawing/draw.h"
#include "eval/formats/detection_lines.h"
#include "tools/ensemble.h"
#include "tools/extraction.h"
#include "tools/input/data_source.h"
#include "tools/input/pictures.h"
#include "tools/input/video.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/model_defaults.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/options/reading_options.h"
#include "tools/options/suppression_options.h"
#include "tools/run/detection_results.h"
#include "tools/run/journal.h"
#include "tools/run/journaled_run.h"
#include "tools/run/shard.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

struct DetectArguments {
  std::vector<std::string> inputs;
  DataSource data;
  EnsembleOptions ensemble;
  std::string output = "deeper-out";
  std::string formats = "jsonl,coco";
  bool no_drawings = false;
  bool json = false;
  int every = 1;
  std::optional<float> draw_min_score;
  std::optional<float> min_score;
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
  arguments.ensemble.AddOptions(line.Group("Model"));
  line.Group("Output").add_options()
      ("output", po::value(&arguments.output)->default_value(arguments.output)->value_name("DIR"), "where everything goes; a stopped run goes on when repeated")
      ("format", po::value(&arguments.formats)->default_value(arguments.formats)->value_name("A,B"), "any of jsonl, coco, voc, ilsvrc")
      ("min-score", po::value<float>()->notifier([&](float value) { arguments.min_score = value; })->value_name("S"), "detections below are not written; default: the model's")
      ("json", po::bool_switch(&arguments.json), "what was done and how long it took, as a JSON object on stdout")
      ("no-drawings", po::bool_switch(&arguments.no_drawings), "write no annotated pictures")
      ("draw-min-score", po::value<float>()->notifier([&](float value) { arguments.draw_min_score = value; })->value_name("S"), "detections below are not drawn; default: the operating point of the class, where F1 was best, or margins above 0");
  arguments.suppression.AddOptions(line.Group("From scores to detections"));
  auto& work = line.Group("Work");
  arguments.ensemble.proposals.AddOptions(work);
  arguments.ensemble.run.AddOptions(work);
  arguments.shard.AddOptions(work);
  AddPictureTimeLimit(work, arguments.picture_time_limit_s);
  work.add_options()
      ("feature-cache", po::value(&arguments.ensemble.feature_cache)->value_name("DIR"), "keep the features of all proposals, to try other heads and thresholds without the network (4 kB a box)");
  // clang-format on
  line.TakeWords("input", "PICTURE...");
  line.ShowDefaultsOf([&] { return DefaultsOf(arguments.ensemble); });
  if (!line.Parse(words)) return false;
  if (arguments.inputs.empty() == !arguments.data.Given()) {
    throw UsageError("expected pictures or --data, one of the two");
  }
  CheckDetectionFormats(arguments.formats);
  arguments.reading.Check();
  CheckRange("every", arguments.every, 1, 1e6);
  CheckRange("draw-min-score", arguments.draw_min_score.value_or(0), -1e9, 1e9);
  CheckPictureTimeLimit(arguments.picture_time_limit_s);
  arguments.ensemble.Check();
  arguments.ensemble.run.Check();
  return true;
}

// The score from which a detection of each class is drawn.
std::vector<float> DrawnFrom(const DetectArguments& arguments, const Model& model) {
  std::vector<float> drawn_from(model.classes.Size(), arguments.draw_min_score.value_or(0));
  if (!arguments.draw_min_score && model.calibration) {
    const std::vector<double>& points = model.calibration->operating_points;
    std::transform(points.begin(), points.end(), drawn_from.begin(), [](double point) {
      return static_cast<float>(point);
    });
  }
  return drawn_from;
}

std::vector<Detection> AtLeast(const std::vector<Detection>& detections,
                               const std::vector<float>& drawn_from) {
  std::vector<Detection> kept;
  for (const Detection& detection : detections) {
    if (detection.score >= drawn_from[IndexOf(detection.class_id)]) kept.push_back(detection);
  }
  return kept;
}

constexpr int kDrawingSide = 4096;  // pixels

// Moves boxes in `image` to where they are when it has another size.
void ScaleBoxes(const Image& image, int width, int height, std::vector<Detection>& detections) {
  if (width == image.width && height == image.height) return;
  const float x = static_cast<float>(width) / static_cast<float>(image.width);
  const float y = static_cast<float>(height) / static_cast<float>(image.height);
  for (Detection& detection : detections) {
    const Box& box = detection.box;
    detection.box = {.x0 = box.x0 * x, .y0 = box.y0 * y, .x1 = box.x1 * x, .y1 = box.y1 * y};
  }
}

// What one picture gave.
struct PictureResult {
  std::string json;  // what the journal keeps
  StageTimes times;
  std::size_t proposals = 0;
  std::string error;  // empty when all went well
};

// One run of the verb: everything that is fixed while the pictures go by.
class Detector {
 public:
  explicit Detector(const DetectArguments& arguments)
      : ensemble_(arguments.ensemble),
        options_(arguments.suppression.Over(ensemble_, arguments.min_score)),
        drawn_from_(DrawnFrom(arguments, ensemble_.first())),
        reading_(arguments.reading) {
    if (!arguments.no_drawings) drawings_ = fs::path(arguments.output) / "drawings";
  }

  // A picture that cannot be read is said in the result. Throws Error for what no other picture
  // would survive either, as a full disk.
  PictureResult Run(const Picture& picture) {
    PictureResult result;
    ImageDetections found{.id = picture.id, .detections = {}};
    ScaledImage scaled;
    try {
      scaled = Timed(result.times.decode_s, [&] { return Read(picture); });
    } catch (const Error& error) {
      result.error = error.what();
      return result;
    }
    const Image& image = scaled.image;
    found.detections =
        ensemble_.Detect(picture.id, image, options_, result.times, result.proposals);
    if (drawings_) Draw(image, found);
    ScaleBoxes(image, scaled.full_width, scaled.full_height, found.detections);
    found.width = scaled.full_width;
    found.height = scaled.full_height;
    result.json = JsonLineOf(found, classes());
    return result;
  }

  // Everything that the detections depend on besides the pictures, as text.
  std::string Configuration() const {
    return ensemble_.Configuration() +
           fmt::format("box regression {} min score {} nms {} {} {} {} {}",
                       options_.box_regression,
                       options_.min_score,
                       options_.nms.max_iou,
                       options_.nms.max_per_class,
                       options_.nms.soft_sigma,
                       options_.nms.vote_iou,
                       options_.nms.vote_offset) +
           reading_.Text();
  }

  const ClassTable& classes() const { return ensemble_.first().classes; }

 private:
  // A JPEG file in no more pixels than the crops of the smallest proposals have.
  ScaledImage Read(const Picture& picture) const {
    const std::optional<int> side = ensemble_.SideThatCropsNeed();
    if (side) return ReadScaledImage(picture.path, *side, reading_.ForReading());
    Image image = ReadImage(picture.path, reading_.ForReading());
    const int width = image.width;
    const int height = image.height;
    return {.image = std::move(image), .full_width = width, .full_height = height};
  }

  // A drawing is for people: its longer side has kDrawingSide pixels at the most.
  void Draw(const Image& image, const ImageDetections& found) const {
    std::vector<Detection> shown = AtLeast(found.detections, drawn_from_);
    const int longer = std::max(image.width, image.height);
    Image drawing;
    if (longer <= kDrawingSide) {
      drawing = DrawDetections(image, shown, classes());
    } else {
      const double scale = double{kDrawingSide} / longer;
      const Image shrunken =
          ShrinkImage(image,
                      std::max(1, static_cast<int>(std::lround(scale * image.width))),
                      std::max(1, static_cast<int>(std::lround(scale * image.height))));
      ScaleBoxes(image, shrunken.width, shrunken.height, shown);
      drawing = DrawDetections(shrunken, shown, classes());
    }
    WriteFileWhole(*drawings_ / (found.id + ".jpg"), EncodeJpeg(drawing));
  }

  Ensemble ensemble_;
  DetectOptions options_;
  std::vector<float> drawn_from_;  // by class
  ReadingOptions reading_;
  std::optional<fs::path> drawings_;
};

// Sums over the pictures of this run, for the closing lines.
struct Totals {
  std::size_t pictures = 0;
  std::size_t proposals = 0;
  StageTimes times;
};

std::size_t CountDetections(const DetectionSet& found) {
  std::size_t detections = 0;
  for (const ImageDetections& image : found.images) detections += image.detections.size();
  return detections;
}

// {"output", "pictures", "failed", "detections", and of this run "run_pictures", "proposals" and
// seconds on one core by stage, "seconds" on the clock}
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
             "{} detections in {} pictures -> {}\n",
             CountDetections(found),
             found.images.size(),
             arguments.output);
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

}  // namespace

int RunDetect(const Arguments& words) {
  const Stopwatch watch;
  DetectArguments arguments;
  if (!ParseDetect(words, arguments)) return kDone;
  const ShardOptions::Chosen chosen = arguments.shard.Choose();

  std::vector<Picture> pictures = arguments.data.Given()
                                      ? PicturesOf(ReadDataSource(arguments.data))
                                      : FindPictures(arguments.inputs);
  const fs::path output = arguments.output;
  const Videos videos = ReplaceVideos(pictures, output / "frames", arguments.every);
  if (pictures.empty()) throw Error("nothing to detect in: no video could be read");
  if (!chosen.shard.IsWhole() && (!videos.videos.empty() || videos.failed > 0)) {
    throw UsageError(
        fmt::format("shard {} (from {}): videos are not cut into shards; use --shard 1/1",
                    ShardText(chosen.shard),
                    chosen.source));
  }
  SayShard(chosen, PicturesOfShard(pictures, chosen.shard).size(), pictures.size());
  arguments.ensemble.inputs = InputsText(pictures);
  Detector detector(arguments);

  const DetectionResults results{
      .formats = arguments.formats,
      .set = arguments.data.set.empty() ? "pictures" : arguments.data.set,
      .classes = detector.classes()};
  Journal journal(JournalPath(output / "journal", chosen.shard),
                  RecordOf("detect",
                           detector.Configuration(),
                           pictures,
                           chosen.shard,
                           DetectionResultsText(results)));
  const PictureRun run{.pictures = &pictures,
                       .shard = chosen.shard,
                       .workers = arguments.ensemble.run.workers,
                       .picture_time_limit_s = arguments.picture_time_limit_s,
                       .what = "detecting"};
  Totals totals;
  const JournalEntries entries = RunPictures<PictureResult>(
      run,
      &journal,
      [&](const Picture& picture) { return detector.Run(picture); },
      [&](const PictureResult& result) {
        ++totals.pictures;
        totals.proposals += result.proposals;
        totals.times += result.times;
      });
  if (StopAsked()) {
    fmt::print(stderr,
               "stopped with {} of {} pictures done; the same command goes on\n",
               entries.size(),
               PicturesOfShard(pictures, chosen.shard).size());
    return StopStatus();
  }

  const DetectionSet found = DetectionsIn(entries, results.classes, journal.path());
  if (chosen.shard.IsWhole()) {
    WriteDetectionResults(found, results, output);
    if (!arguments.no_drawings) {
      WriteDrawnVideos(videos, output / "drawings", output, arguments.every);
    }
    RemoveHalfWritten(output);
    journal.Remove();
  }
  SayTotals(totals, found, arguments);
  const std::size_t failed = CountFailed(entries) + videos.failed;
  if (arguments.json) {
    fmt::print("{}\n", TotalsJson(totals, found, failed, arguments, watch.Seconds()));
  }
  if (!chosen.shard.IsWhole()) SayShardDone(journal, run);
  return StatusOf(failed, entries.size() + videos.failed);
}

}  // namespace deeper::tools
