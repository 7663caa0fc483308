#include <fmt/format.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "core/error.h"
#include "core/text/json_line.h"
#include "core/text/quantities.h"
#include "core/work/parallel.h"
#include "detector/regions/crop.h"
#include "eval/align.h"
#include "eval/drawing/contact_sheet.h"
#include "eval/drawing/draw.h"
#include "eval/drawing/draw_thumbnail.h"
#include "eval/drawing/picture_marks.h"
#include "tools/explain/show_story.h"
#include "tools/input/class_names.h"
#include "tools/input/data_source.h"
#include "tools/input/detected_pictures.h"
#include "tools/input/drawing_options.h"
#include "tools/input/label_files.h"
#include "tools/input/pictures.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/model_defaults.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/options/reading_options.h"
#include "tools/run/finished_run.h"
#include "tools/run/progress.h"
#include "tools/run/written_files.h"
#include "tools/verbs/show_pictures.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

struct ShowArguments {
  std::vector<std::string> inputs;
  DataSource data;
  std::string detections;
  std::string format;
  std::string metric;
  std::string only;
  std::string only_classes;
  std::optional<float> min_score;
  double min_iou = 0.5;
  bool errors = false;
  bool open = false;
  int limit = 0;
  ShownFiles output = {.directory = "deeper-show"};
  bool json = false;
  DrawingOptions drawing;
  StoryArguments explain;
  ReadingOptions reading;
};

bool ParseShow(const Arguments& words, ShowArguments& arguments) {
  CommandLine line(
      "show",
      "Draws detections on pictures, with --data beside the truth. Then found: green, solid; "
      "duplicates: sky blue, dashed; "
      "false: "
      "vermilion, dashed; missed: yellow, dotted; the true box of what was found: white, thin.",
      {"deeper show --detections found/detections.jsonl photos/ --min-score 0.7 --output drawn",
       "deeper show --detections found/detections.jsonl photos/ --only-class dog,cat --colours "
       "dog=#ff8800",
       "deeper show --data voc:VOC2007 --set test --detections found/detections.jsonl --open",
       "deeper show --data voc:VOC2007 --set test --detections found.jsonl --only 000043,000001",
       "deeper show --data voc:VOC2007 --set test --detections found.jsonl --only-class dog "
       "--errors "
       "--contact-sheet",
       "deeper show --explain photo.jpg      # its detections with their numbers",
       "deeper show --explain photo.jpg:2    # how the second came about",
       "deeper show --data voc:VOC2007 --set test --explain 000043:o1   # how an object was found "
       "or missed"});
  // clang-format off
  auto& truth = line.Group("Truth");
  arguments.data.AddOptions(truth);
  arguments.reading.AddOptions(truth);
  line.Group("Detections").add_options()
      ("detections", po::value(&arguments.detections)->value_name("PATH"), "in any format that 'deeper evaluate' reads; without --data in one that has the names of pictures and classes")
      ("detections-format", po::value(&arguments.format)->value_name("jsonl|coco|voc|ilsvrc|yolo|csv|labelstudio"), "their format, where the name does not tell")
      ("min-score", po::value<float>()->notifier([&](float value) { arguments.min_score = value; })->value_name("S"), "detections below are not shown; default: with --data for each class the score with the best F1, without it 0.5, or 0 of margins")
      ("metric", po::value(&arguments.metric)->value_name("ilsvrc|voc07|voc12|coco"), "rules of matching; default: voc12, or the data set's own")
      ("iou", po::value(&arguments.min_iou)->default_value(arguments.min_iou)->value_name("IOU"), "overlap that a detection needs");
  line.Group("Pictures").add_options()
      ("input", po::value(&arguments.inputs)->value_name("PICTURE"), "without --data: the pictures, as 'deeper detect' takes them; the word itself is enough")
      ("only", po::value(&arguments.only)->value_name("ID,..."), "these pictures alone")
      ("only-class", po::value(&arguments.only_classes)->value_name("NAME,..."), "these classes alone")
      ("errors", po::bool_switch(&arguments.errors), "pictures with something false or missed alone, the worst first")
      ("limit", po::value(&arguments.limit)->default_value(arguments.limit)->value_name("N"), "at most so many; 0: all");
  line.Group("Explain").add_options()
      ("explain", po::value(&arguments.explain.id)->value_name("ID"), "run the detector again on one picture, an id of --data or a file, and tell the story of its detection 2, PICTURE:2, or of a true object, PICTURE:o1; PICTURE alone lists them");
  arguments.explain.detector.AddOptions(line.Group("The detector that --explain runs, as in 'deeper detect'"));
  arguments.explain.suppression.AddOptions(line.Group("From scores to detections, of --explain"));
  auto& work = line.Group("Work");
  arguments.explain.detector.proposals.AddOptions(work);
  arguments.explain.detector.run.AddOptions(work);
  auto& output = line.Group("Output");
  output.add_options()
      ("output", po::value(&arguments.output.directory)->default_value(arguments.output.directory)->value_name("DIR"), "one .jpg a picture, or sheet-1.jpg, ...")
      ("contact-sheet", po::bool_switch(&arguments.output.sheets), "many pictures on a sheet")
      ("columns", po::value(&arguments.output.columns)->default_value(arguments.output.columns)->value_name("N"), "of a sheet")
      ("rows", po::value(&arguments.output.rows)->default_value(arguments.output.rows)->value_name("N"), "of a sheet")
      ("tile", po::value(&arguments.output.tile_px)->default_value(arguments.output.tile_px)->value_name("PX"), "side of a picture on a sheet")
      ("json", po::bool_switch(&arguments.json), "a JSON object a picture and line, or of the story")
      ("open", po::bool_switch(&arguments.open), "then start the viewer, $DEEPER_VIEWER or xdg-open, on the first");
  // clang-format on
  arguments.drawing.AddOptions(output);
  line.TakeWords("input", "[PICTURE...]");
  line.Restrict(
      {{.options = "model model-weight backbone fusion fusion-iou short-side max-regions "
                   "propose-by exact "
                   "no-multibox multibox-views nms-iou soft-nms vote-iou max-per-class "
                   "no-box-regression proposals selective-search max-proposal-iou max-proposals "
                   "precision",
        .with = "explain"},
       {.options = "input detections detections-format only only-class errors limit "
                   "contact-sheet line-width colours max-megapixels lenient workers",
        .without = "explain"},
       {.options = "columns rows tile", .with = "contact-sheet"},
       {.options = "set metric iou errors", .with = "data"},
       {.options = "input colours", .without = "data"},
       DataSource::WithData()});
  line.Restrict(DetectorArguments::Restrictions());
  line.ShowDefaultsOf([&] {
    return arguments.explain.id.empty() ? std::vector<ConfiguredOption>()
                                        : DefaultsOf(arguments.explain.detector);
  });
  if (!line.Parse(words)) return false;
  const bool explain = line.Given("explain");
  if (!explain && arguments.detections.empty()) {
    throw UsageError("expected --detections to show, or --explain");
  }
  if (!explain && !arguments.data.Given() && arguments.inputs.empty()) {
    throw UsageError("expected the pictures, as 'photos/', or --data, which has true objects too");
  }
  if (arguments.metric.empty()) {
    arguments.metric = arguments.data.MatchingMetric();
  }
  CheckRange("iou", arguments.min_iou, 0, 1);
  CheckRange("min-score", arguments.min_score.value_or(0), -1e9, 1e9);
  CheckRange("limit", arguments.limit, 0, 1e9);
  CheckRange("columns", arguments.output.columns, 1, 100);
  CheckRange("rows", arguments.output.rows, 1, 100);
  CheckRange("tile", arguments.output.tile_px, 32, 4096);
  arguments.reading.Check();
  arguments.drawing.Check();
  arguments.explain.detector.Check();
  arguments.explain.detector.run.Check();
  return true;
}

std::vector<bool> NamedClasses(const ShowArguments& arguments, const ClassTable& classes) {
  return ClassesNamed("only-class", classes, SplitAtCommas("only-class", arguments.only_classes));
}

void KeepClasses(const std::vector<bool>& kept, Dataset& dataset, DetectionSet& detections) {
  for (AnnotatedImage& image : dataset.images) {
    std::erase_if(image.annotations, [&](const Annotation& annotation) {
      return !kept[IndexOf(annotation.class_id)];
    });
  }
  for (ImageDetections& image : detections.images) {
    std::erase_if(image.detections,
                  [&](const Detection& detection) { return !kept[IndexOf(detection.class_id)]; });
  }
}

// The pictures asked for, in the order in which they are to be shown.
std::vector<PictureMarks> Choose(std::vector<PictureMarks> pictures,
                                 const ShowArguments& arguments,
                                 const Dataset& dataset) {
  if (!arguments.only.empty()) {
    std::vector<PictureMarks> chosen;
    for (const std::string& id : SplitAtCommas("only", arguments.only)) {
      const auto found = std::ranges::find(dataset.images, id, &AnnotatedImage::id);
      if (found == dataset.images.end()) {
        throw Error(fmt::format(
            "--only: picture '{}' is not among the {} of the data set", id, dataset.images.size()));
      }
      chosen.push_back(pictures[static_cast<std::size_t>(found - dataset.images.begin())]);
    }
    pictures = std::move(chosen);
  } else if (!arguments.only_classes.empty()) {
    std::erase_if(pictures, [](const PictureMarks& picture) { return picture.marks.empty(); });
  }
  if (arguments.errors) {
    const auto errors = [](const PictureMarks& picture) {
      return picture.missed + picture.false_positive + picture.duplicate;
    };
    std::erase_if(pictures, [&](const PictureMarks& picture) { return errors(picture) == 0; });
    std::ranges::stable_sort(pictures, std::ranges::greater{}, errors);
  }
  const auto limit = static_cast<std::size_t>(arguments.limit);
  if (limit > 0 && pictures.size() > limit) pictures.resize(limit);
  return pictures;
}

void PrintJson(const AnnotatedImage& picture,
               const PictureMarks& marks,
               const fs::path& file,
               bool has_truth) {
  nlohmann::ordered_json line = {{"image", picture.id}, {"file", file.string()}};
  if (has_truth) {
    line.update({{"found", marks.found},
                 {"duplicate", marks.duplicate},
                 {"false", marks.false_positive},
                 {"missed", marks.missed}});
  } else {
    line["detections"] = marks.marks.size();
  }
  fmt::print("{}\n", LineOf(line));
}

// Starts the viewer and does not wait for it. The path is handed over as one argument, without a
// shell.
void OpenViewer(const fs::path& path) {
  const char* chosen = std::getenv("DEEPER_VIEWER");  // NOLINT(concurrency-mt-unsafe): one thread
  std::string viewer = chosen != nullptr && *chosen != '\0' ? chosen : "xdg-open";
  std::string argument = fs::absolute(path).string();
  char* const words[] = {viewer.data(), argument.data(), nullptr};
  pid_t child = 0;
  const int code = posix_spawnp(&child, viewer.c_str(), nullptr, nullptr, words, environ);
  if (code == 0) return;
  throw Error(fmt::format("--open: cannot start '{}': {}; name a viewer in $DEEPER_VIEWER",
                          viewer,
                          std::generic_category().message(code)));
}

int ShowOneStory(const ShowArguments& arguments) {
  StoryArguments story = arguments.explain;
  story.min_score = arguments.min_score;
  story.metric = arguments.metric;
  story.min_iou = arguments.min_iou;
  story.output = arguments.output.directory;
  story.json = arguments.json;
  std::optional<Dataset> truth;
  int status = kDone;
  if (arguments.data.Given()) {
    LoadedData data = LoadData(arguments.data);
    status = data.Status();
    truth = std::move(data.dataset);
  }
  const std::optional<std::string> drawn = ShowStory(story, truth);
  if (arguments.open && drawn) OpenViewer(*drawn);
  return status;
}

// What is shown: pictures, and for each what is drawn on it.
struct Shown {
  Dataset dataset;
  std::vector<PictureMarks> pictures;
  std::size_t failed = 0;  // pictures that cannot be shown
};

// The detections beside the truth.
Shown JudgedDetections(ShowArguments& arguments) {
  arguments.data.set_names_results = AreVocResults(arguments.detections, arguments.format);
  LoadedData truth = LoadData(arguments.data);
  DetectionSet detections =
      AlignedDetectionsAt(
          arguments.detections, arguments.format, arguments.data, UnknownClasses::kLeaveOut, truth)
          .detections;
  Shown shown{.dataset = truth.dataset, .pictures = {}, .failed = truth.mismatched};
  Dataset& dataset = shown.dataset;
  if (!arguments.only_classes.empty()) {
    KeepClasses(NamedClasses(arguments, dataset.classes), dataset, detections);
  }
  const Evaluation evaluation = Evaluate(dataset,
                                         detections,
                                         {.protocol = ProtocolFromName(arguments.metric),
                                          .min_iou = arguments.min_iou,
                                          .workers = arguments.explain.detector.run.workers});
  const std::vector<float> least_scores =
      arguments.min_score ? std::vector<float>(dataset.classes.Size(), *arguments.min_score)
                          : BestLeastScores(evaluation);
  shown.pictures = MarkPictures(dataset, detections, evaluation, least_scores);
  return shown;
}

// The detections alone.
Shown PlainDetections(const ShowArguments& arguments) {
  DetectionSet all = DetectionsOf(ReadDetectionsAlone(arguments.detections, arguments.format));
  // Of these the file may lack some, and each has its colour by its number.
  if (const std::optional<DetectionResults> results = FinishedResultsOf(arguments.detections)) {
    NumberClassesAs(results->classes, all);
  }
  DetectedPictures detected = MatchPictures(FindNamedPictures(arguments.inputs), all);
  Shown shown{.dataset = std::move(detected.dataset), .pictures = {}, .failed = detected.failed};
  DetectionSet& detections = detected.detections;
  const ClassTable& classes = shown.dataset.classes;
  const DrawingStyle style = arguments.drawing.StyleFor(classes);
  const float min_score = arguments.min_score.value_or(UsualLeastScore(detections));
  if (!arguments.only_classes.empty()) {
    KeepClasses(NamedClasses(arguments, classes), shown.dataset, detections);
  }
  for (std::size_t i = 0; i < detections.images.size(); ++i) {
    std::vector<Detection>& of_image = detections.images[i].detections;
    std::erase_if(of_image,
                  [&](const Detection& detection) { return !(detection.score >= min_score); });
    shown.pictures.push_back(
        {.image = i, .found = of_image.size(), .marks = MarksOf(of_image, classes, style)});
  }
  if (!arguments.min_score) {
    fmt::print(stderr, "shown from a score of {} on; --min-score S shows others\n", min_score);
  }
  return shown;
}

}  // namespace

int RunShow(const Arguments& words) {
  ShowArguments arguments;
  if (!ParseShow(words, arguments)) return kDone;
  if (!arguments.explain.id.empty()) return ShowOneStory(arguments);
  const bool has_truth = arguments.data.Given();
  Shown shown = has_truth ? JudgedDetections(arguments) : PlainDetections(arguments);
  const Dataset& dataset = shown.dataset;
  const std::vector<PictureMarks> pictures = Choose(std::move(shown.pictures), arguments, dataset);

  if (const std::string fault = FontFaultOf(dataset.classes); !fault.empty()) {
    fmt::print(stderr, "warning: {}\n", fault);
  }
  ShownPictureWriter writer(arguments.output);
  const ShownLook look = {
      .tile_px = arguments.output.sheets ? std::optional(arguments.output.tile_px) : std::nullopt,
      .line_px = arguments.drawing.line_width_px};
  std::size_t failed = 0;
  {
    ProgressLine progress("drawing", "pictures", pictures.size(), 0);
    ForEachInOrder<ShownPicture>(
        pictures.size(),
        arguments.explain.detector.run.workers,
        NeverStop,
        [&](std::size_t i) {
          return DrawShownPicture(
              dataset.images[pictures[i].image], pictures[i], look, arguments.reading.ForReading());
        },
        [&](std::size_t i, ShownPicture drawn) {
          const AnnotatedImage& picture = dataset.images[pictures[i].image];
          if (drawn.error.empty()) {
            if (arguments.json)
              PrintJson(picture, pictures[i], writer.PlaceOf(picture.id), has_truth);
            writer.Add(picture.id, ShownCaption(picture, pictures[i]), std::move(drawn.image));
          } else {
            progress.Say("skipped: " + drawn.error);
            ++failed;
          }
          progress.Advance();
        });
    writer.Flush();
  }
  KeepOnly(arguments.output.directory, "show", writer.written());
  fmt::print(
      stderr, "{} -> {}\n", Counted(writer.written().size(), "files"), arguments.output.directory);
  if (arguments.open && !writer.written().empty()) OpenViewer(writer.first());
  return failed + shown.failed == 0 ? kDone : kSomeInputsFailed;
}

}  // namespace deeper::tools
