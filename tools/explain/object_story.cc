#include "tools/explain/object_story.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/text/float_text.h"
#include "tools/explain/story_json.h"
#include "tools/explain/story_panels.h"
#include "tools/explain/story_words.h"

namespace deeper::tools {

namespace {

constexpr std::size_t kMostProposals = 3;

// The detector's class of an object, by name or WordNet id.
std::optional<ClassId> DetectorClassOf(const StoryPicture& picture, std::size_t object) {
  const ClassInfo& info =
      picture.object_classes.classes.at(IndexOf(picture.objects[object].class_id));
  if (const auto id = picture.classes.Find(info.name)) return id;
  if (info.wordnet_id.empty()) return std::nullopt;
  return picture.classes.Find(info.wordnet_id);
}

// The candidates of the class, those whose proposal overlaps the object most first; of one
// proposal's in the order of the lists.
std::vector<CandidatePlace> NearestCandidates(const StoryPicture& picture,
                                              const Box& object,
                                              ClassId class_id) {
  std::vector<CandidatePlace> places;
  for (std::size_t list = 0; list < picture.candidates.size(); ++list) {
    for (std::size_t i = 0; i < picture.candidates[list].size(); ++i) {
      if (picture.candidates[list][i].detection.class_id == class_id) {
        places.push_back({.list = list, .position = i});
      }
    }
  }
  std::ranges::stable_sort(places, {}, [&](const CandidatePlace& place) {
    const std::size_t region = CandidateAt(picture, place).region;
    return std::pair(-Iou(picture.proposals[region], object), region);
  });
  return places;
}

// In one sentence, why nothing found the object. `places`: NearestCandidates of its class.
std::string WhyMissed(const StoryPicture& picture,
                      const Box& object,
                      const std::vector<CandidatePlace>& places) {
  if (places.empty()) return "there is no proposal";
  std::optional<CandidatePlace> best;  // of those that would find it, the one that scores most
  for (const CandidatePlace& place : places) {
    const Detection& detection = CandidateAt(picture, place).detection;
    if (Iou(detection.box, object) < picture.min_iou) continue;
    if (!best || detection.score > CandidateAt(picture, *best).detection.score) best = place;
  }
  const double covered =
      Iou(picture.proposals[CandidateAt(picture, places.front()).region], object);
  if (!best && covered < picture.min_iou) {
    return fmt::format("no proposal covers it: the best overlaps it by {:.2f}, expected {}",
                       covered,
                       picture.min_iou);
  }
  if (!best) {
    return fmt::format("proposals cover it, the best by {:.2f}, but box regression moves them off",
                       covered);
  }
  return fmt::format("of the proposals that cover it, number {} scores most, {}{}: {}",
                     CandidateAt(picture, *best).region + 1,
                     ScoreText(CandidateAt(picture, *best).detection.score),
                     ByModel(picture, best->list),
                     FateText(picture, *best));
}

// Adds what became of the best proposals to the page, its lines and its JSON.
void AddProposals(const StoryPicture& picture,
                  const Box& object,
                  const std::string& class_name,
                  const std::vector<CandidatePlace>& places,
                  StoryLines& lines,
                  StoryJson& json,
                  Story& page) {
  const std::size_t count = std::min(kMostProposals * picture.candidates.size(), places.size());
  for (std::size_t i = 0; i < count; ++i) {
    const Candidate& candidate = CandidateAt(picture, places[i]);
    const Box& box = picture.proposals[candidate.region];
    const std::string number = std::to_string(candidate.region + 1);
    const double iou = Iou(box, object);
    const double moved_iou = Iou(candidate.detection.box, object);
    const auto classes = BestClasses(picture, places[i]);
    lines.emplace_back("proposal " + number,
                       fmt::format("{}; IoU {:.2f}, after regression {:.2f}; {}{}; as {}: {}",
                                   ProposalText(picture, candidate.region),
                                   iou,
                                   moved_iou,
                                   ScoresText(picture, classes),
                                   ByModel(picture, places[i].list),
                                   class_name,
                                   FateText(picture, places[i])));
    StoryJson proposal_json = {{"proposal", ProposalJson(picture, candidate.region)},
                               {"iou", iou},
                               {"moved_iou", moved_iou},
                               {"scores", ScoresJson(picture, classes)},
                               {"fate", FateName(candidate.fate)}};
    if (picture.fuses_boxes) proposal_json["model"] = picture.models[places[i].list].name;
    json.push_back(proposal_json);
    if (i > 0 && CandidateAt(picture, places[i - 1]).region == candidate.region)
      continue;  // drawn already
    page.marks.push_back({.box = box,
                          .text = number,
                          .bgr = i == 0 ? kVermilion : kSkyBlue,
                          .style = LineStyle::kDashed});
    page.panels.push_back(
        PanelOf(picture,
                places[i],
                fmt::format("proposal {}, IoU {:.2f}, then {:.2f}", number, iou, moved_iou)));
  }
}

}  // namespace

WholeStory StoryOfObject(const StoryPicture& picture, std::size_t number) {
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
  const auto places =
      class_id ? NearestCandidates(picture, object.box, *class_id) : std::vector<CandidatePlace>();
  const std::string title =
      fmt::format("{}: object {} of {}, {}", picture.id, number, picture.objects.size(), name);
  StoryLines lines = {{"box",
                       BoxText(BoxInFile(picture, object.box)) +
                           (object.difficult ? ", difficult" : "") +
                           (object.crowd ? ", a crowd" : "")}};
  StoryJson json = {{"image", picture.id},
                    {"object", number},
                    {"class", name},
                    {"box", BoxJson(picture, object.box)},
                    {"found_by", finder ? StoryJson(*finder) : StoryJson()},
                    {"why", nullptr},
                    {"proposals", StoryJson::array()}};
  if (finder) {
    lines.emplace_back(
        "found", fmt::format("by detection {}, {}", *finder, VerdictText(picture, *finder - 1)));
  } else {
    const std::string why =
        class_id ? WhyMissed(picture, object.box, places) : "the detector does not know this class";
    lines.emplace_back("missed", why);
    json["why"] = why;
  }
  Story page = {.title = title,
                .picture = picture.image,
                .marks = {{.box = object.box,
                           .text = "truth: " + name,
                           .bgr = kYellow,
                           .style = LineStyle::kDotted}},
                .panels = {},
                .lines = {}};
  AddProposals(picture, object.box, name, places, lines, json["proposals"], page);
  page.lines = lines;
  return {.page = std::move(page), .text = StoryText(title, lines), .json = LineOf(json)};
}

}  // namespace deeper::tools
