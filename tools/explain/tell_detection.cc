#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/text/float_text.h"
#include "tools/explain/explained_picture.h"
#include "tools/explain/json.h"
#include "tools/explain/words.h"

namespace deeper::tools {

namespace {

constexpr std::size_t kMostTold = 5;    // of what a detection suppressed, lowered or is made of
constexpr std::size_t kMostPanels = 3;  // of the boxes that it is made of

// The candidates that this one suppressed, best first.
std::vector<const Candidate*> SuppressedBy(const ExplainedPicture& picture,
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
class Teller {
 public:
  Teller(const ExplainedPicture& picture, std::size_t number)
      : picture_(picture),
        number_(number),
        told_(picture.detections[number - 1]),
        place_(told_.made_of.front()),
        candidate_(At(picture, place_)),
        name_(ClassOf(picture, told_.detection)) {}

  ToldStory Tell() {
    const Judgement* judged =
        picture_.judgements[number_ - 1] ? &*picture_.judgements[number_ - 1] : nullptr;
    json_ = {{"image", picture_.id},
             {"detection", number_},
             {"class", name_},
             {"score", told_.detection.score},
             {"box", BoxJson(picture_, told_.detection.box)},
             {"truth", VerdictJson(picture_.judgements[number_ - 1])}};
    Say("box", TextOf(InFile(picture_, told_.detection.box)));
    Say("truth", VerdictText(picture_, number_ - 1));
    story_.marks.push_back({.box = told_.detection.box,
                            .text = name_ + " " + ScoreText(told_.detection.score),
                            .bgr = kGreen});
    if (picture_.fuses_boxes) TellFusion();
    TellProposal();
    if (picture_.nms.soft_sigma > 0) {
      TellLowerings();
    } else {
      TellSuppressed();
    }
    const auto nearest = judged != nullptr && judged->object
                             ? std::optional(std::pair(*judged->object, judged->iou))
                             : NearestObject(picture_, told_.detection.box);
    if (nearest) {
      story_.marks.push_back({.box = picture_.objects[nearest->first].box,
                              .text = "truth: " + ClassOf(picture_, nearest->first),
                              .bgr = kYellow,
                              .style = LineStyle::kDotted});
    }
    story_.title = fmt::format("{}: detection {} of {}, {} {}",
                               picture_.id,
                               number_,
                               picture_.detections.size(),
                               name_,
                               ScoreText(told_.detection.score));
    story_.picture = picture_.image;
    story_.lines = lines_;
    return {.story = story_, .text = TextOf(story_.title, lines_), .json = LineOf(json_)};
  }

 private:
  void Say(std::string what, std::string text) {
    lines_.emplace_back(std::move(what), std::move(text));
  }

  // The models' boxes that were joined, and how their scores make one.
  void TellFusion() {
    json_["fused"] = StoryJson::array();
    for (std::size_t i = 0; i < told_.made_of.size(); ++i) {
      const CandidatePlace& place = told_.made_of[i];
      const Candidate& member = At(picture_, place);
      const Detection& detection = member.given_out.value();
      const std::string& model = picture_.models[place.list].name;
      const double iou = Iou(detection.box, told_.detection.box);
      json_["fused"].push_back({{"model", model},
                                {"score", detection.score},
                                {"proposal", member.region + 1},
                                {"box", BoxJson(picture_, detection.box)},
                                {"iou", iou}});
      if (i >= kMostTold) continue;
      Say(i == 0 ? "fused from" : "",
          fmt::format("{} by {} (proposal {}), IoU {:.2f} with their mean",
                      ScoreText(detection.score),
                      model,
                      member.region + 1,
                      iou));
      story_.marks.push_back({.box = detection.box,
                              .text = model + " " + ScoreText(detection.score),
                              .bgr = kSkyBlue,
                              .style = LineStyle::kDashed});
      if (i < kMostPanels) {
        story_.panels.push_back(
            PanelOf(picture_, place, fmt::format("{}: proposal {}", model, member.region + 1)));
      }
    }
    double weight_sum = 0;
    for (const ExplainedPicture::ModelScores& model : picture_.models) weight_sum += model.weight;
    const std::size_t boxes = told_.made_of.size();
    if (boxes > kMostTold) Say("", fmt::format("and {} more", boxes - kMostTold));
    Say("score",
        fmt::format("{}, the mean over {} of score x the model's weight, x {} of {}",
                    ScoreText(told_.detection.score),
                    boxes == 1 ? "one box" : fmt::format("{} boxes", boxes),
                    std::min(boxes, picture_.models.size()),
                    weight_sum));
  }

  // Where the (best) box comes from and how it was moved.
  void TellProposal() {
    const Box& proposal = picture_.proposals[candidate_.region];
    const Detection& detection = candidate_.detection;
    const Detection& given_out = candidate_.given_out.value();
    const auto classes = BestClasses(picture_, place_);
    Say("proposal",
        ProposalText(picture_, candidate_.region) + ": " + TextOf(InFile(picture_, proposal)));
    Say("scores", ScoresText(picture_, classes) + ByModel(picture_, place_.list));
    for (auto& [what, text] : ModelLines(picture_, candidate_.region, detection.class_id)) {
      Say(what, text);
    }
    Say("regression", MoveText(InFile(picture_, proposal), InFile(picture_, detection.box)));
    if (given_out.box != detection.box) {
      Say("voting", MoveText(InFile(picture_, detection.box), InFile(picture_, given_out.box)));
    }
    json_["proposal"] = ProposalJson(picture_, candidate_.region);
    json_["scores"] = ScoresJson(picture_, classes);
    json_["models"] = ModelsJson(picture_, candidate_.region, detection.class_id);
    json_["moved_box"] = BoxJson(picture_, detection.box);
    if (picture_.fuses_boxes) return;  // its boxes and crops are shown already
    story_.marks.push_back(
        {.box = proposal, .text = "proposal", .bgr = kWhite, .style = LineStyle::kDashed});
    TellCrops();
  }

  // What the networks saw: a panel for each kind of crop.
  void TellCrops() {
    const std::vector<ExplainedPicture::ModelScores>& models = picture_.models;
    story_.panels.push_back(PanelOf(picture_, place_, "the crop that the network saw"));
    for (std::size_t m = 1; m < models.size(); ++m) {
      const auto sees_the_same = [&](const auto& other) { return other.crop == models[m].crop; };
      if (std::any_of(models.begin(), models.begin() + std::ptrdiff_t(m), sees_the_same)) continue;
      story_.panels.push_back({.picture = CropOf(picture_, candidate_.region, m),
                               .caption = "the crop that " + models[m].name + " saw",
                               .bars = {}});
    }
  }

  void TellSuppressed() {
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
    for (std::size_t i = 0; i < std::min(kMostTold, suppressed.size()); ++i) {
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
  void TellLowerings() {
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
    for (std::size_t i = 0; i < std::min(kMostTold, of_it.size()); ++i) {
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
        lowerings.size() > kMostTold ? fmt::format("{} boxes; the most: ", lowerings.size()) : "";
    for (std::size_t i = 0; i < std::min(kMostTold, lowerings.size()); ++i) {
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
    story_.marks.push_back({.box = other.detection.box,
                            .text = ScoreText(other.detection.score),
                            .bgr = kSkyBlue,
                            .style = LineStyle::kThin});
  }

  const ExplainedPicture& picture_;
  std::size_t number_;
  const ExplainedDetection& told_;
  CandidatePlace place_;  // of the candidate that is told of: the only one, or the best
  const Candidate& candidate_;
  std::string name_;
  StoryLines lines_;
  StoryJson json_;
  Story story_;
};

}  // namespace

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
  return Teller(picture, number).Tell();
}

}  // namespace deeper::tools
