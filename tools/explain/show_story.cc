#include "tools/explain/show_story.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/read_image.h"
#include "core/text/nearest_name.h"
#include "eval/align.h"
#include "eval/drawing/draw.h"
#include "eval/formats/reading/labels.h"
#include "tools/explain/detection_story.h"
#include "tools/explain/explain_picture.h"
#include "tools/explain/object_story.h"
#include "tools/explain/story_overview.h"

namespace deeper::tools {

namespace fs = std::filesystem;

namespace {

// "000043:o2" taken apart; no number for a picture alone.
struct Question {
  std::string picture;
  std::optional<std::size_t> number;
  bool of_object = false;
};

Question QuestionOf(const std::string& id) {
  const std::size_t colon = id.rfind(':');
  if (colon == std::string::npos || colon + 1 == id.size()) return {.picture = id, .number = {}};
  std::string rest = id.substr(colon + 1);
  const bool of_object = rest.front() == 'o';
  if (of_object) rest.erase(0, 1);
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  if (rest.empty() || rest.size() > 9 || !std::ranges::all_of(rest, is_digit)) {
    return {.picture = id, .number = {}};
  }
  return {.picture = id.substr(0, colon), .number = std::stoul(rest), .of_object = of_object};
}

// The picture of the data set, or the file without annotations.
AnnotatedImage PictureNamed(const std::string& name, const std::optional<Dataset>& truth) {
  if (!truth) {
    return {.id = fs::path(name).stem().string(), .image_path = name, .annotations = {}};
  }
  std::vector<std::string> ids;
  for (const AnnotatedImage& image : truth->images) {
    if (image.id == name) return image;
    ids.push_back(image.id);
  }
  const auto near = NearestName(name, ids);
  throw Error(fmt::format("--explain: picture '{}' is not among the {} of the data set{}",
                          name,
                          ids.size(),
                          near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

Box ScaledBox(const Box& box, double x, double y) {
  return {.x0 = static_cast<float>(double{box.x0} * x),
          .y0 = static_cast<float>(double{box.y0} * y),
          .x1 = static_cast<float>(double{box.x1} * x),
          .y1 = static_cast<float>(double{box.y1} * y)};
}

// What the evaluation says of each kept detection.
std::vector<std::optional<Judgement>> Judge(const StoryPicture& picture,
                                            const EvaluationOptions& options) {
  std::vector<std::optional<Judgement>> judgements(picture.detections.size());
  if (!picture.has_truth) return judgements;
  const Dataset dataset{
      .name = "",
      .classes = picture.object_classes,
      .images = {{.id = picture.id, .image_path = {}, .annotations = picture.objects}},
      .blacklist = {}};
  // As AlignDetections keeps their order but leaves some out, each carries its place.
  DetectionSet found{.classes = picture.classes, .images = {{.id = picture.id, .detections = {}}}};
  const std::vector<ClassMatch> classes =
      AlignDetections(dataset, found, UnknownClasses::kLeaveOut).class_map;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < picture.detections.size(); ++i) {
    const Detection& detection = picture.detections[i].detection;
    if (!classes.at(IndexOf(detection.class_id)).class_id) continue;
    found.images[0].detections.push_back(detection);
    places.push_back(i);
  }
  const Evaluation evaluation = Evaluate(
      dataset, AlignDetections(dataset, found, UnknownClasses::kLeaveOut).detections, options);
  for (const ClassResult& result : evaluation.classes) {
    for (const Outcome& outcome : result.outcomes) {
      Judgement judgement{.verdict = outcome.verdict, .object = {}, .iou = outcome.iou};
      if (outcome.object) judgement.object = *outcome.object;
      judgements[places.at(outcome.detection)] = judgement;
    }
  }
  return judgements;
}

StoryPicture Run(const StoryArguments& arguments,
                 const AnnotatedImage& annotated,
                 const std::optional<Dataset>& truth) {
  const Detector detector = arguments.detector.Load();
  const DetectOptions options = arguments.suppression.Over(detector, arguments.min_score);
  if (annotated.image_path.empty()) {
    throw Error(
        fmt::format("{}: the data set names no picture file; name their directory in "
                    "--data",
                    annotated.id));
  }
  StoryPicture picture =
      ExplainPicture(detector, options, annotated.id, detector.Read(annotated.image_path));
  picture.min_iou = arguments.min_iou;
  if (truth) {
    picture.has_truth = true;
    picture.object_classes = truth->classes;
    picture.objects = annotated.annotations;
    for (Annotation& object : picture.objects) {
      object.box =
          ScaledBox(object.box, 1 / picture.file_from_image_x, 1 / picture.file_from_image_y);
    }
  }
  if (arguments.min_score) {
    picture.min_score = std::max(picture.min_score, *arguments.min_score);
    std::erase_if(picture.detections, [&](const StoryDetection& made) {
      return made.detection.score < *arguments.min_score;
    });
  }
  picture.judgements = Judge(
      picture,
      {.protocol = ProtocolFromName(arguments.metric), .min_iou = arguments.min_iou, .workers = 1});
  return picture;
}

}  // namespace

std::optional<std::string> ShowStory(const StoryArguments& arguments,
                                     const std::optional<Dataset>& truth) {
  const Question question = QuestionOf(arguments.id);
  const StoryPicture picture = Run(arguments, PictureNamed(question.picture, truth), truth);
  const WholeStory story = !question.number     ? StoryOverview(picture)
                           : question.of_object ? StoryOfObject(picture, *question.number)
                                                : StoryOfDetection(picture, *question.number);
  fmt::print("{}", arguments.json ? story.json + "\n" : story.text);
  if (!question.number) return std::nullopt;
  RequireInnerPath(picture.id);
  const fs::path path =
      fs::path(arguments.output) /
      fmt::format("{}-{}{}.jpg", picture.id, question.of_object ? "o" : "", *question.number);
  WriteFileWhole(path, EncodeJpeg(DrawStory(story.page)));
  fmt::print(stderr, "1 file -> {}\n", path.string());
  return path.string();
}

}  // namespace deeper::tools
