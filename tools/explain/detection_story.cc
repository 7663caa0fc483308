#include "tools/explain/detection_story.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/text/float_text.h"
#include "tools/explain/story_json.h"
#include "tools/explain/story_panels.h"
#include "tools/explain/story_words.h"

namespace deeper::tools {

namespace {

constexpr std::size_t kMostListed = 5;  // of what a detection suppressed, lowered or is made of
constexpr std::size_t kMostPanels = 3;  // of the boxes that it is made of

// The candidates that this one suppressed, best first.
std::vector<const Candidate*> SuppressedBy(const StoryPicture& picture,
                                           const CandidatePlace& place) {
  std::vector<const Candidate*> suppressed;
  for (const Candidate& candidate : picture.candidates[place.list]) {
    if (candidate.suppressor == place.position) suppressed.push_back(&candidate);
  }
  std::ranges::stable_sort(suppressed, std::ranges::greater{}, [](const Candidate* candidate) {
    return candidate->detection.score;
  });
  return suppressed;
}

// The story of one detection as it is put together.
class DetectionStory {
 public:
  DetectionStory(const StoryPicture& picture, std::size_t number)
      : picture_(picture),
        number_(number),
        detection_(picture.detections[number - 1]),
        place_(detection_.made_of.front()),
        candidate_(CandidateAt(picture, place_)),
        name_(ClassOf(picture, detection_.detection)) {}

  WholeStory Whole() {
    const Judgement* judged =
        picture_.judgements[number_ - 1] ? &*picture_.judgements[number_ - 1] : nullptr;
    json_ = {{"image", picture_.id},
             {"detection", number_},
             {"class", name_},
             {"score", detection_.detection.score},
             {"box", BoxJson(picture_, detection_.detection.box)},
             {"truth", VerdictJson(picture_.judgements[number_ - 1])}};
    Say("box", BoxText(BoxInFile(picture_, detection_.detection.box)));
    Say("truth", VerdictText(picture_, number_ - 1));
    page_.marks.push_back({.box = detection_.detection.box,
                           .text = name_ + " " + ScoreText(detection_.detection.score),
                           .bgr = kGreen});
    if (picture_.fuses_boxes) AddFusion();
    AddProposal();
    if (picture_.nms.soft_sigma > 0) {
      AddLowerings();
    } else {
      AddSuppressed();
    }
    const auto nearest = judged != nullptr && judged->object
                             ? std::optional(std::pair(*judged->object, judged->iou))
                             : NearestObject(picture_, detection_.detection.box);
    if (nearest) {
      page_.marks.push_back({.box = picture_.objects[nearest->first].box,
                             .text = "truth: " + ClassOf(picture_, nearest->first),
                             .bgr = kYellow,
                             .style = LineStyle::kDotted});
    }
    page_.title = fmt::format("{}: detection {} of {}, {} {}",
                              picture_.id,
                              number_,
                              picture_.detections.size(),
                              name_,
                              ScoreText(detection_.detection.score));
    page_.picture = picture_.image;
    page_.lines = lines_;
    return {.page = page_, .text = StoryText(page_.title, lines_), .json = LineOf(json_)};
  }

 private:
  void Say(std::string what, std::string text) {
    lines_.emplace_back(std::move(what), std::move(text));
  }

  // The models' boxes that were joined, and how their scores make one.
  void AddFusion() {
    json_["fused"] = StoryJson::array();
    for (std::size_t i = 0; i < detection_.made_of.size(); ++i) {
      const CandidatePlace& place = detection_.made_of[i];
      const Candidate& member = CandidateAt(picture_, place);
      const Detection& detection = member.given_out.value();
      const std::string& model = picture_.models[place.list].name;
      const double iou = Iou(detection.box, detection_.detection.box);
      json_["fused"].push_back({{"model", model},
                                {"score", detection.score},
                                {"proposal", member.region + 1},
                                {"box", BoxJson(picture_, detection.box)},
                                {"iou", iou}});
      if (i >= kMostListed) continue;
      Say(i == 0 ? "fused from" : "",
          fmt::format("{} by {} (proposal {}), IoU {:.2f} with their mean",
                      ScoreText(detection.score),
                      model,
                      member.region + 1,
                      iou));
      page_.marks.push_back({.box = detection.box,
                             .text = model + " " + ScoreText(detection.score),
                             .bgr = kSkyBlue,
                             .style = LineStyle::kDashed});
      if (i < kMostPanels) {
        page_.panels.push_back(
            PanelOf(picture_, place, fmt::format("{}: proposal {}", model, member.region + 1)));
      }
    }
    double weight_sum = 0;
    for (const StoryPicture::ModelScores& model : picture_.models) weight_sum += model.weight;
    const std::size_t boxes = detection_.made_of.size();
    if (boxes > kMostListed) Say("", fmt::format("and {} more", boxes - kMostListed));
    Say("score",
        fmt::format("{}, the mean over {} of score x the model's weight, x {} of {}",
                    ScoreText(detection_.detection.score),
                    boxes == 1 ? "one box" : fmt::format("{} boxes", boxes),
                    std::min(boxes, picture_.models.size()),
                    weight_sum));
  }

  // Where the (best) box comes from and how it was moved.
  void AddProposal() {
    const Box& proposal = picture_.proposals[candidate_.region];
    const Detection& detection = candidate_.detection;
    const Detection& given_out = candidate_.given_out.value();
    const auto classes = BestClasses(picture_, place_);
    Say("proposal",
        ProposalText(picture_, candidate_.region) + ": " + BoxText(BoxInFile(picture_, proposal)));
    Say("scores", ScoresText(picture_, classes) + ByModel(picture_, place_.list));
    for (auto& [what, text] : ModelLines(picture_, candidate_.region, detection.class_id)) {
      Say(what, text);
    }
    Say("regression", MoveText(BoxInFile(picture_, proposal), BoxInFile(picture_, detection.box)));
    if (given_out.box != detection.box) {
      Say("voting",
          MoveText(BoxInFile(picture_, detection.box), BoxInFile(picture_, given_out.box)));
    }
    json_["proposal"] = ProposalJson(picture_, candidate_.region);
    json_["scores"] = ScoresJson(picture_, classes);
    json_["models"] = ModelsJson(picture_, candidate_.region, detection.class_id);
    json_["moved_box"] = BoxJson(picture_, detection.box);
    if (picture_.fuses_boxes) return;  // its boxes and crops are shown already
    page_.marks.push_back(
        {.box = proposal, .text = "proposal", .bgr = kWhite, .style = LineStyle::kDashed});
    AddCrops();
  }

  static std::string CaptionOf(const StoryPicture::ModelScores& model, const std::string& name) {
    return model.reads_map ? "the window of the map that " + name + " read"
                           : "the crop that " + name + " saw";
  }

  // What the networks saw: a panel for each kind of crop.
  void AddCrops() {
    const std::vector<StoryPicture::ModelScores>& models = picture_.models;
    page_.panels.push_back(PanelOf(picture_, place_, CaptionOf(models[0], "the network")));
    for (std::size_t m = 1; m < models.size(); ++m) {
      const auto sees_the_same = [&](const auto& other) {
        return other.crop == models[m].crop && other.reads_map == models[m].reads_map;
      };
      if (std::any_of(models.begin(), models.begin() + std::ptrdiff_t(m), sees_the_same)) continue;
      page_.panels.push_back({.picture = CropOf(picture_, candidate_.region, m),
                              .caption = CaptionOf(models[m], models[m].name),
                              .bars = {}});
    }
  }

  void AddSuppressed() {
    const auto suppressed = SuppressedBy(picture_, place_);
    json_["suppressed_count"] = suppressed.size();
    json_["suppressed"] = StoryJson::array();
    std::string text = suppressed.empty() ? "nothing"
                                          : fmt::format(
                                                "{} boxes of {} that overlap it by more "
                                                "than {}; the best: ",
                                                suppressed.size(),
                                                name_,
                                                picture_.nms.max_iou);
    for (std::size_t i = 0; i < std::min(kMostListed, suppressed.size()); ++i) {
      const Candidate& victim = *suppressed[i];
      text += fmt::format("{}{} (proposal {}, IoU {:.2f})",
                          i == 0 ? "" : ", ",
                          ScoreText(victim.detection.score),
                          victim.region + 1,
                          victim.suppressor_iou);
      json_["suppressed"].push_back({{"score", victim.detection.score},
                                     {"proposal", victim.region + 1},
                                     {"box", BoxJson(picture_, victim.detection.box)},
                                     {"iou", victim.suppressor_iou}});
      if (!picture_.fuses_boxes) Mark(victim);
    }
    Say("suppressed", text);
  }

  // Soft suppression: what lowered its score, and whose it lowered.
  void AddLowerings() {
    const auto [of_it, by_it] =
        LoweringsOf(picture_.candidates[place_.list], place_.position, picture_.nms);
    const std::string own = ScoreText(candidate_.detection.score);
    Say("lowered",
        of_it.empty() ? fmt::format("not: {} is its own score", own)
                      : fmt::format("from {} to {}, {}",
                                    own,
                                    ScoreText(candidate_.given_out->score),
                                    LoweringsText(of_it)));
    Say("lowers", by_it.empty() ? "nothing" : LoweringsText(by_it));
    json_["own_score"] = candidate_.detection.score;
    json_["lowered_by"] = LoweringsJson(of_it);
    json_["lowers"] = LoweringsJson(by_it);
    if (picture_.fuses_boxes) return;
    for (std::size_t i = 0; i < std::min(kMostListed, of_it.size()); ++i) {
      Mark(picture_.candidates[place_.list][of_it[i].candidate]);
    }
  }

  std::optional<std::size_t> NumberOfOther(const Lowering& lowering) const {
    return NumberOf(picture_, {.list = place_.list, .position = lowering.candidate});
  }

  // "detection 1 (IoU 0.45, x 0.61), ...": those that changed most.
  std::string LoweringsText(std::vector<Lowering> lowerings) const {
    std::ranges::stable_sort(lowerings, {}, &Lowering::factor);
    std::string text =
        lowerings.size() > kMostListed ? fmt::format("{} boxes; the most: ", lowerings.size()) : "";
    for (std::size_t i = 0; i < std::min(kMostListed, lowerings.size()); ++i) {
      const auto number = NumberOfOther(lowerings[i]);
      text += fmt::format("{}{} (IoU {:.2f}: x {:.2f})",
                          i == 0 ? "" : ", ",
                          number ? fmt::format("detection {}", *number) : "another",
                          lowerings[i].iou,
                          lowerings[i].factor);
    }
    return text;
  }

  StoryJson LoweringsJson(const std::vector<Lowering>& lowerings) const {
    StoryJson json = StoryJson::array();
    for (const Lowering& lowering : lowerings) {
      const auto number = NumberOfOther(lowering);
      json.push_back({{"detection", number ? StoryJson(*number) : StoryJson()},
                      {"iou", lowering.iou},
                      {"factor", lowering.factor}});
    }
    return json;
  }

  void Mark(const Candidate& other) {
    page_.marks.push_back({.box = other.detection.box,
                           .text = ScoreText(other.detection.score),
                           .bgr = kSkyBlue,
                           .style = LineStyle::kThin});
  }

  const StoryPicture& picture_;
  std::size_t number_;
  const StoryDetection& detection_;
  CandidatePlace place_;  // of the candidate that the story follows: the only one, or the best
  const Candidate& candidate_;
  std::string name_;
  StoryLines lines_;
  StoryJson json_;
  Story page_;
};

}  // namespace

WholeStory StoryOfDetection(const StoryPicture& picture, std::size_t number) {
  if (number < 1 || number > picture.detections.size()) {
    throw Error(
        fmt::format("--explain: '{}' has {} detections of a score of at least {}, so there "
                    "is no number {}",
                    picture.id,
                    picture.detections.size(),
                    picture.min_score,
                    number));
  }
  return DetectionStory(picture, number).Whole();
}

}  // namespace deeper::tools
