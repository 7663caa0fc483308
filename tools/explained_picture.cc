#include "tools/explained_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/error.h"
#include "eval/float_text.h"

namespace deeper::tools {

namespace {

using Json = nlohmann::ordered_json;
using Lines = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kBestClasses = 5;
constexpr std::size_t kSuppressedTold = 5;
constexpr std::size_t kProposalsTold = 3;

constexpr std::array<std::uint8_t, 3> kGreen = {115, 158, 0};  // Okabe and Ito's, BGR
constexpr std::array<std::uint8_t, 3> kSkyBlue = {233, 180, 86};
constexpr std::array<std::uint8_t, 3> kVermilion = {0, 94, 213};
constexpr std::array<std::uint8_t, 3> kYellow = {66, 228, 240};
constexpr std::array<std::uint8_t, 3> kWhite = {255, 255, 255};

std::string TextOf(const Box& box) {
  return fmt::format("x {:.1f} to {:.1f}, y {:.1f} to {:.1f} ({:.0f} x {:.0f} px)",
                     box.x0,
                     box.x1,
                     box.y0,
                     box.y1,
                     box.Width(),
                     box.Height());
}

Json JsonOf(const Box& box) { return {box.x0, box.y0, box.x1, box.y1}; }

Box InFile(const ExplainedPicture& picture, const Box& box) {
  return {.x0 = static_cast<float>(double{box.x0} * picture.file_from_image_x),
          .y0 = static_cast<float>(double{box.y0} * picture.file_from_image_y),
          .x1 = static_cast<float>(double{box.x1} * picture.file_from_image_x),
          .y1 = static_cast<float>(double{box.y1} * picture.file_from_image_y)};
}

std::string LineOf(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// "  label         text", one a line.
std::string TextOf(const std::string& title, const Lines& lines) {
  std::string text = title + "\n";
  for (const auto& [what, said] : lines) text += fmt::format("  {:<13} {}\n", what, said);
  return text;
}

const Candidate& DetectionAt(const ExplainedPicture& picture, std::size_t i) {
  return picture.candidates[picture.detections[i]];
}

const std::string& ClassOf(const ExplainedPicture& picture, const Candidate& candidate) {
  return picture.classes.Name(candidate.detection.class_id);
}

const std::string& ClassOf(const ExplainedPicture& picture, std::size_t object) {
  return picture.object_classes.Name(picture.objects[object].class_id);
}

// The number that people give it, from 1; nothing for one that is not kept.
std::optional<std::size_t> NumberOf(const ExplainedPicture& picture, std::size_t candidate) {
  const auto found = std::ranges::find(picture.detections, candidate);
  if (found == picture.detections.end()) return std::nullopt;
  return static_cast<std::size_t>(found - picture.detections.begin()) + 1;
}

// The detection that found the object, as people count.
std::optional<std::size_t> FinderOf(const ExplainedPicture& picture, std::size_t object) {
  for (std::size_t i = 0; i < picture.judgements.size(); ++i) {
    const auto& judged = picture.judgements[i];
    if (judged && judged->verdict == Verdict::kTruePositive && judged->object == object) {
      return i + 1;
    }
  }
  return std::nullopt;
}

// Object with the highest IoU with the box, of any class.
std::optional<std::pair<std::size_t, double>> NearestObject(const ExplainedPicture& picture,
                                                            const Box& box) {
  std::optional<std::pair<std::size_t, double>> best;
  for (std::size_t o = 0; o < picture.objects.size(); ++o) {
    const double iou = Iou(box, picture.objects[o].box);
    if (iou > 0 && (!best || iou > best->second)) best = {o, iou};
  }
  return best;
}

std::string VerdictText(const ExplainedPicture& picture, std::size_t detection) {
  if (!picture.has_truth) return "unknown: --data names no true objects";
  const std::optional<Judgement>& judged = picture.judgements[detection];
  if (!judged) return "not judged: the data set has no such class";
  const auto object = [&](std::size_t o) {
    return fmt::format("o{} ({})", o + 1, ClassOf(picture, o));
  };
  if (judged->object) {
    const char* what = judged->verdict == Verdict::kTruePositive ? "right: found"
                       : judged->verdict == Verdict::kDuplicate  ? "false: a duplicate on"
                       : judged->verdict == Verdict::kIgnored    ? "not counted: on"
                                                                 : "false: on";
    return fmt::format("{} {}, IoU {:.2f}", what, object(*judged->object), judged->iou);
  }
  if (judged->verdict == Verdict::kIgnored) return "not counted";
  const auto nearest = NearestObject(picture, *DetectionAt(picture, detection).final_box);
  if (!nearest) return "false: on no object at all";
  return fmt::format("false: nearest to {}, IoU {:.2f}", object(nearest->first), nearest->second);
}

std::string ProposalText(const ExplainedPicture& picture, std::size_t region) {
  return fmt::format("{} of {} by Selective Search", region + 1, picture.proposals.size());
}

// The region as a detection of its best classes, best first, and of `class_id` at the end where it
// is not among them.
std::vector<const Candidate*> BestClasses(const ExplainedPicture& picture,
                                          std::size_t region,
                                          ClassId class_id) {
  std::vector<const Candidate*> best;
  for (const Candidate& candidate : picture.candidates) {
    if (candidate.region == region) best.push_back(&candidate);
  }
  std::ranges::stable_sort(best, std::ranges::greater{}, [](const Candidate* candidate) {
    return candidate->detection.score;
  });
  const auto asked = std::ranges::find(
      best, class_id, [](const Candidate* candidate) { return candidate->detection.class_id; });
  if (asked - best.begin() >= static_cast<std::ptrdiff_t>(kBestClasses)) {
    best[kBestClasses - 1] = *asked;
  }
  best.resize(std::min(best.size(), kBestClasses));
  return best;
}

// What each of several models says of the region as this class; nothing of a single one.
Lines ModelLines(const ExplainedPicture& picture, std::size_t region, ClassId class_id) {
  Lines lines;
  if (picture.models.size() < 2) return lines;
  for (const auto& [name, scores] : picture.models) {
    const std::size_t place = region * picture.classes.Size() + IndexOf(class_id);
    lines.emplace_back(lines.empty() ? "models" : "",
                       fmt::format("{} by {}", ScoreText(scores.at(place)), name));
  }
  return lines;
}

Json ModelsJson(const ExplainedPicture& picture, std::size_t region, ClassId class_id) {
  Json models = Json::array();
  for (const auto& [name, scores] : picture.models) {
    models.push_back({{"model", name},
                      {"score", scores.at(region * picture.classes.Size() + IndexOf(class_id))}});
  }
  return models;
}

std::string ScoresText(const ExplainedPicture& picture,
                       const std::vector<const Candidate*>& classes) {
  std::string text;
  for (const Candidate* candidate : classes) {
    if (!text.empty()) text += ", ";
    text += ClassOf(picture, *candidate) + " " + ScoreText(candidate->detection.score);
  }
  return text;
}

Json ScoresJson(const ExplainedPicture& picture, const std::vector<const Candidate*>& classes) {
  Json scores = Json::array();
  for (const Candidate* candidate : classes) {
    scores.push_back(
        {{"class", ClassOf(picture, *candidate)}, {"score", candidate->detection.score}});
  }
  return scores;
}

// What box regression and clipping, or box voting, did to a box.
std::string MoveText(const Box& from, const Box& to) {
  if (from == to) return "none";
  const auto shift = [](float value) {
    const std::string text = fmt::format("{:+.1f}", value);
    return text == "-0.0" ? std::string("+0.0") : text;
  };
  return fmt::format(
      "centre {}, {} px; width x {:.2f}, height x {:.2f}; IoU {:.2f} with what it was",
      shift((to.x0 + to.x1 - from.x0 - from.x1) / 2),
      shift((to.y0 + to.y1 - from.y0 - from.y1) / 2),
      to.Width() / from.Width(),
      to.Height() / from.Height(),
      Iou(from, to));
}

// The crop of a region as the network sees it, the mean put back.
Image CropOf(const ExplainedPicture& picture, std::size_t region) {
  const auto side = static_cast<std::size_t>(picture.crop.size_px);
  std::vector<float> planes(3 * side * side);
  Crop(picture.image, picture.proposals[region], picture.crop, planes);
  Image image = MakeImage(picture.crop.size_px, picture.crop.size_px, 0, 0, 0);
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t i = 0; i < side * side; ++i) {
      const float value = planes[c * side * side + i] + picture.crop.mean_bgr.at(c);
      image.bgr[3 * i + c] = static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
    }
  }
  return image;
}

StoryPanel PanelOf(const ExplainedPicture& picture,
                   std::size_t region,
                   ClassId class_id,
                   std::string caption) {
  StoryPanel panel{.picture = CropOf(picture, region), .caption = std::move(caption), .bars = {}};
  for (const Candidate* candidate : BestClasses(picture, region, class_id)) {
    panel.bars.push_back({.name = ClassOf(picture, *candidate),
                          .score = candidate->detection.score,
                          .chosen = candidate->detection.class_id == class_id});
  }
  return panel;
}

// The candidates that this one suppressed, best first.
std::vector<const Candidate*> SuppressedBy(const ExplainedPicture& picture, std::size_t place) {
  std::vector<const Candidate*> suppressed;
  for (const Candidate& candidate : picture.candidates) {
    if (candidate.suppressor == place) suppressed.push_back(&candidate);
  }
  std::ranges::stable_sort(suppressed, std::ranges::greater{}, [](const Candidate* candidate) {
    return candidate->detection.score;
  });
  return suppressed;
}

// What became of a candidate, for the story of an object.
std::string FateText(const ExplainedPicture& picture, std::size_t place) {
  const Candidate& candidate = picture.candidates[place];
  switch (candidate.fate) {
    case Fate::kKept: {
      const std::size_t number = NumberOf(picture, place).value();
      return fmt::format(
          "kept as detection {}, which is {}", number, VerdictText(picture, number - 1));
    }
    case Fate::kSuppressed: {
      const std::size_t number = NumberOf(picture, *candidate.suppressor).value();
      return fmt::format("suppressed by detection {} (score {}, IoU {:.2f} > {}), which is {}",
                         number,
                         ScoreText(DetectionAt(picture, number - 1).detection.score),
                         candidate.suppressor_iou,
                         picture.max_iou,
                         VerdictText(picture, number - 1));
    }
    case Fate::kBelowMinScore:
      return fmt::format("its score is below {}, the least that counts", picture.min_score);
    case Fate::kBeyondMost:
      break;
  }
  return "as many better ones were kept as are kept of a class";
}

const char* NameOf(Fate fate) {
  switch (fate) {
    case Fate::kKept:
      return "kept";
    case Fate::kSuppressed:
      return "suppressed";
    case Fate::kBelowMinScore:
      return "below_min_score";
    case Fate::kBeyondMost:
      break;
  }
  return "beyond_most";
}

const char* NameOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kTruePositive:
      return "right";
    case Verdict::kDuplicate:
      return "duplicate";
    case Verdict::kIgnored:
      return "ignored";
    case Verdict::kFalsePositive:
      break;
  }
  return "false";
}

Json VerdictJson(const std::optional<Judgement>& judged) {
  if (!judged) return nullptr;
  return {{"verdict", NameOf(judged->verdict)},
          {"object", judged->object ? Json(*judged->object + 1) : Json()},
          {"iou", judged->iou}};
}

// Positions of the candidates of a class.
std::vector<std::size_t> OfClass(const ExplainedPicture& picture, ClassId class_id) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < picture.candidates.size(); ++i) {
    if (picture.candidates[i].detection.class_id == class_id) places.push_back(i);
  }
  return places;
}

// The detector's class of an object, by name or WordNet id.
std::optional<ClassId> DetectorClassOf(const ExplainedPicture& picture, std::size_t object) {
  const ClassInfo& info =
      picture.object_classes.classes.at(IndexOf(picture.objects[object].class_id));
  if (const auto id = picture.classes.Find(info.name)) return id;
  if (info.wordnet_id.empty()) return std::nullopt;
  return picture.classes.Find(info.wordnet_id);
}

// In one sentence, why nothing found the object. `places`: the candidates of its class, the one
// that overlaps it best before regression first.
std::string WhyMissed(const ExplainedPicture& picture,
                      const Box& object,
                      const std::vector<std::size_t>& places) {
  if (places.empty()) return "there is no proposal";
  const auto proposal_iou = [&](std::size_t place) {
    return Iou(picture.proposals[picture.candidates[place].region], object);
  };
  std::optional<std::size_t> best;  // of those that would find it, the one that scores most
  for (const std::size_t place : places) {
    const Candidate& candidate = picture.candidates[place];
    if (Iou(candidate.detection.box, object) < picture.min_iou) continue;
    if (!best || candidate.detection.score > picture.candidates[*best].detection.score) {
      best = place;
    }
  }
  if (!best && proposal_iou(places.front()) < picture.min_iou) {
    return fmt::format("no proposal covers it: the best overlaps it by {:.2f}, expected {}",
                       proposal_iou(places.front()),
                       picture.min_iou);
  }
  if (!best) {
    return fmt::format("proposals cover it, the best by {:.2f}, but box regression moves them off",
                       proposal_iou(places.front()));
  }
  const Candidate& candidate = picture.candidates[*best];
  return fmt::format("of the proposals that cover it, number {} scores most, {}: {}",
                     candidate.region + 1,
                     ScoreText(candidate.detection.score),
                     FateText(picture, *best));
}

}  // namespace

ToldStory TellPicture(const ExplainedPicture& picture) {
  Json json = {{"image", picture.id},
               {"proposals", picture.proposals.size()},
               {"detections", Json::array()},
               {"objects", Json::array()}};
  Lines lines;
  for (std::size_t i = 0; i < picture.detections.size(); ++i) {
    const Candidate& candidate = DetectionAt(picture, i);
    lines.emplace_back(
        std::to_string(i + 1),
        fmt::format("{:<14} {:>6}  {}",
                    ClassOf(picture, candidate),
                    ScoreText(candidate.detection.score),
                    picture.has_truth ? VerdictText(picture, i)
                                      : TextOf(InFile(picture, *candidate.final_box))));
    json["detections"].push_back({{"number", i + 1},
                                  {"class", ClassOf(picture, candidate)},
                                  {"score", candidate.detection.score},
                                  {"box", JsonOf(InFile(picture, *candidate.final_box))},
                                  {"truth", VerdictJson(picture.judgements[i])}});
  }
  for (std::size_t o = 0; o < picture.objects.size(); ++o) {
    const auto finder = FinderOf(picture, o);
    lines.emplace_back(fmt::format("o{}", o + 1),
                       fmt::format("{:<14} {:>6}  {}",
                                   ClassOf(picture, o),
                                   "",
                                   finder ? fmt::format("found by {}", *finder) : "missed"));
    json["objects"].push_back({{"number", o + 1},
                               {"class", ClassOf(picture, o)},
                               {"box", JsonOf(InFile(picture, picture.objects[o].box))},
                               {"found_by", finder ? Json(*finder) : Json()}});
  }
  const std::string title = fmt::format("{}: {} detections from {} proposals, {} objects",
                                        picture.id,
                                        picture.detections.size(),
                                        picture.proposals.size(),
                                        picture.objects.size());
  std::string text = TextOf(title, lines);
  text += fmt::format("Choose one: --explain {}:1{}\n",
                      picture.id,
                      picture.objects.empty() ? "" : fmt::format(" or {}:o1", picture.id));
  return {.story = {}, .text = text, .json = LineOf(json)};
}

ToldStory TellDetection(const ExplainedPicture& picture, std::size_t number) {
  if (number < 1 || number > picture.detections.size()) {
    throw Error(
        fmt::format("--explain: '{}' has {} detections of a score of at least {}, so there "
                    "is no number {}",
                    picture.id,
                    picture.detections.size(),
                    picture.min_score,
                    number));
  }
  const std::size_t place = picture.detections[number - 1];
  const Candidate& candidate = picture.candidates[place];
  const Detection& detection = candidate.detection;
  const Box& proposal = picture.proposals[candidate.region];
  const std::string name = ClassOf(picture, candidate);
  const auto classes = BestClasses(picture, candidate.region, detection.class_id);
  const auto suppressed = SuppressedBy(picture, place);

  Lines lines = {
      {"box", TextOf(InFile(picture, *candidate.final_box))},
      {"truth", VerdictText(picture, number - 1)},
      {"proposal",
       ProposalText(picture, candidate.region) + ": " + TextOf(InFile(picture, proposal))},
      {"scores", ScoresText(picture, classes)},
      {"regression", MoveText(InFile(picture, proposal), InFile(picture, detection.box))}};
  for (auto& line : ModelLines(picture, candidate.region, detection.class_id)) {
    lines.push_back(std::move(line));
  }
  if (*candidate.final_box != detection.box) {
    lines.emplace_back(
        "voting", MoveText(InFile(picture, detection.box), InFile(picture, *candidate.final_box)));
  }
  std::string victims = suppressed.empty() ? "nothing"
                                           : fmt::format(
                                                 "{} boxes of {} that overlap it by more "
                                                 "than {}; the best: ",
                                                 suppressed.size(),
                                                 name,
                                                 picture.max_iou);
  std::vector<Mark> marks = {
      {.box = *candidate.final_box, .text = name + " " + ScoreText(detection.score), .bgr = kGreen},
      {.box = proposal, .text = "proposal", .bgr = kWhite, .style = LineStyle::kDashed}};
  Json victims_json = Json::array();
  for (std::size_t i = 0; i < std::min(kSuppressedTold, suppressed.size()); ++i) {
    const Candidate& victim = *suppressed[i];
    victims += fmt::format("{}{} (proposal {}, IoU {:.2f})",
                           i == 0 ? "" : ", ",
                           ScoreText(victim.detection.score),
                           victim.region + 1,
                           victim.suppressor_iou);
    marks.push_back({.box = victim.detection.box,
                     .text = ScoreText(victim.detection.score),
                     .bgr = kSkyBlue,
                     .style = LineStyle::kThin});
    victims_json.push_back({{"score", victim.detection.score},
                            {"proposal", victim.region + 1},
                            {"box", JsonOf(InFile(picture, victim.detection.box))},
                            {"iou", victim.suppressor_iou}});
  }
  lines.emplace_back("suppressed", victims);
  const auto& judged = picture.judgements[number - 1];
  const auto nearest = judged && judged->object ? std::optional(std::pair(*judged->object, 0.0))
                                                : NearestObject(picture, *candidate.final_box);
  if (nearest) {
    marks.push_back({.box = picture.objects[nearest->first].box,
                     .text = "truth: " + ClassOf(picture, nearest->first),
                     .bgr = kYellow,
                     .style = LineStyle::kDotted});
  }

  const std::string title = fmt::format("{}: detection {} of {}, {} {}",
                                        picture.id,
                                        number,
                                        picture.detections.size(),
                                        name,
                                        ScoreText(detection.score));
  const Json json = {{"image", picture.id},
                     {"detection", number},
                     {"class", name},
                     {"score", detection.score},
                     {"box", JsonOf(InFile(picture, *candidate.final_box))},
                     {"truth", VerdictJson(judged)},
                     {"proposal",
                      {{"source", "selective search"},
                       {"rank", candidate.region + 1},
                       {"of", picture.proposals.size()},
                       {"box", JsonOf(InFile(picture, proposal))}}},
                     {"scores", ScoresJson(picture, classes)},
                     {"models", ModelsJson(picture, candidate.region, detection.class_id)},
                     {"moved_box", JsonOf(InFile(picture, detection.box))},
                     {"suppressed_count", suppressed.size()},
                     {"suppressed", victims_json}};
  return {.story = {.title = title,
                    .picture = picture.image,
                    .marks = marks,
                    .panels = {PanelOf(picture,
                                       candidate.region,
                                       detection.class_id,
                                       "the crop that the network saw")},
                    .lines = lines},
          .text = TextOf(title, lines),
          .json = LineOf(json)};
}

ToldStory TellObject(const ExplainedPicture& picture, std::size_t number) {
  if (number < 1 || number > picture.objects.size()) {
    throw Error(fmt::format("--explain: '{}' has {} true objects{}, so there is no o{}",
                            picture.id,
                            picture.objects.size(),
                            picture.has_truth ? "" : " (--data names none)",
                            number));
  }
  const Annotation& object = picture.objects[number - 1];
  const std::string& name = ClassOf(picture, number - 1);
  const auto finder = FinderOf(picture, number - 1);
  const std::optional<ClassId> class_id = DetectorClassOf(picture, number - 1);
  const std::string title =
      fmt::format("{}: object {} of {}, {}", picture.id, number, picture.objects.size(), name);
  Lines lines = {{"box",
                  TextOf(InFile(picture, object.box)) + (object.difficult ? ", difficult" : "") +
                      (object.crowd ? ", a crowd" : "")}};
  Json json = {{"image", picture.id},
               {"object", number},
               {"class", name},
               {"box", JsonOf(InFile(picture, object.box))},
               {"found_by", finder ? Json(*finder) : Json()},
               {"why", nullptr},
               {"proposals", Json::array()}};
  ToldStory told{.story = {.title = title,
                           .picture = picture.image,
                           .marks = {{.box = object.box,
                                      .text = "truth: " + name,
                                      .bgr = kYellow,
                                      .style = LineStyle::kDotted}},
                           .panels = {},
                           .lines = {}},
                 .text = "",
                 .json = ""};
  std::vector<std::size_t> places;
  std::string why = "the detector does not know this class";
  if (class_id) {
    places = OfClass(picture, *class_id);
    std::ranges::stable_sort(places, std::ranges::greater{}, [&](std::size_t place) {
      return Iou(picture.proposals[picture.candidates[place].region], object.box);
    });
    why = WhyMissed(picture, object.box, places);
  }
  if (finder) {
    lines.emplace_back(
        "found", fmt::format("by detection {}, {}", *finder, VerdictText(picture, *finder - 1)));
  } else {
    lines.emplace_back("missed", why);
    json["why"] = why;
  }
  for (std::size_t i = 0; i < std::min(kProposalsTold, places.size()); ++i) {
    const Candidate& candidate = picture.candidates[places[i]];
    const Box& box = picture.proposals[candidate.region];
    const double iou = Iou(box, object.box);
    const double moved_iou = Iou(candidate.detection.box, object.box);
    const auto classes = BestClasses(picture, candidate.region, *class_id);
    lines.emplace_back(fmt::format("proposal {}", candidate.region + 1),
                       fmt::format("IoU {:.2f}, after regression {:.2f}; {}; as {}: {}",
                                   iou,
                                   moved_iou,
                                   ScoresText(picture, classes),
                                   name,
                                   FateText(picture, places[i])));
    told.story.marks.push_back({.box = box,
                                .text = std::to_string(candidate.region + 1),
                                .bgr = i == 0 ? kVermilion : kSkyBlue,
                                .style = LineStyle::kDashed});
    told.story.panels.push_back(PanelOf(
        picture,
        candidate.region,
        *class_id,
        fmt::format("proposal {}, IoU {:.2f}, then {:.2f}", candidate.region + 1, iou, moved_iou)));
    json["proposals"].push_back({{"rank", candidate.region + 1},
                                 {"box", JsonOf(InFile(picture, box))},
                                 {"iou", iou},
                                 {"moved_iou", moved_iou},
                                 {"scores", ScoresJson(picture, classes)},
                                 {"fate", NameOf(candidate.fate)}});
  }
  told.story.lines = lines;
  told.text = TextOf(title, lines);
  told.json = LineOf(json);
  return told;
}

}  // namespace deeper::tools
