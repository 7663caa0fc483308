#include "tools/explain/story_words.h"

#include <fmt/format.h>

#include <utility>

#include "core/text/float_text.h"

namespace deeper::tools {

namespace {

std::string KeptText(const StoryPicture& picture, const CandidatePlace& place) {
  const Candidate& candidate = CandidateAt(picture, place);
  const std::optional<std::size_t> number = NumberOf(picture, place);
  if (!number && candidate.given_out->score == 0)
    return "kept, but a score of 0 joins no detection";
  if (!number && !picture.fuses_boxes) {
    return fmt::format("kept, but its score is below {}, the least that is shown",
                       picture.min_score);
  }
  if (!number) {
    return fmt::format(
        "kept, but the boxes that are fused with it have a score below {}, the least "
        "that counts",
        picture.min_score);
  }
  const std::string lowered =
      candidate.given_out->score == candidate.detection.score
          ? ""
          : fmt::format(" with its score lowered to {}", ScoreText(candidate.given_out->score));
  return fmt::format("{} {}{}, which is {}",
                     picture.fuses_boxes ? "joined to detection" : "kept as detection",
                     *number,
                     lowered,
                     VerdictText(picture, *number - 1));
}

std::string SuppressedText(const StoryPicture& picture, const CandidatePlace& place) {
  const Candidate& candidate = CandidateAt(picture, place);
  const CandidatePlace by = {.list = place.list, .position = *candidate.suppressor};
  const std::optional<std::size_t> number = NumberOf(picture, by);
  return fmt::format("suppressed by {} (score {}{}, IoU {:.2f} > {}){}",
                     number ? fmt::format("detection {}", *number) : "a better one",
                     ScoreText(CandidateAt(picture, by).detection.score),
                     ByModel(picture, by.list),
                     candidate.suppressor_iou,
                     picture.nms.max_iou,
                     number ? fmt::format(", which is {}", VerdictText(picture, *number - 1)) : "");
}

}  // namespace

std::string StoryText(const std::string& title, const StoryLines& lines) {
  std::string text = title + "\n";
  for (const auto& [what, said] : lines) text += fmt::format("  {:<13} {}\n", what, said);
  return text;
}

std::string BoxText(const Box& box) {
  return fmt::format("x {:.1f} to {:.1f}, y {:.1f} to {:.1f} ({:.0f} x {:.0f} px)",
                     box.x0,
                     box.x1,
                     box.y0,
                     box.y1,
                     box.Width(),
                     box.Height());
}

std::string ByModel(const StoryPicture& picture, std::size_t list) {
  return picture.fuses_boxes ? " by " + picture.models.at(list).name : "";
}

std::string VerdictText(const StoryPicture& picture, std::size_t detection) {
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
  const auto nearest = NearestObject(picture, picture.detections[detection].detection.box);
  if (!nearest) return "false: on no object at all";
  return fmt::format("false: nearest to {}, IoU {:.2f}", object(nearest->first), nearest->second);
}

std::string ProposalText(const StoryPicture& picture, std::size_t region) {
  const std::string place = fmt::format("{} of {} by", region + 1, picture.proposals.size());
  if (picture.origins.empty()) return place + " Selective Search";
  const ProposalOrigin& origin = picture.origins[region];
  if (origin.moved_from)
    return place +
           fmt::format(" box regression, which moved number {} here", *origin.moved_from + 1);
  if (origin.by_map) return place + " the network's map";
  std::string by;
  const auto add = [&](const char* who, const std::optional<int>& rank) {
    if (rank) by += fmt::format("{} {}, its number {}", by.empty() ? "" : ", and", who, *rank + 1);
  };
  add("MultiBox", origin.multibox_rank);
  add("Selective Search", origin.selective_search_rank);
  return place + by;
}

std::string ScoresText(const StoryPicture& picture, const std::vector<const Candidate*>& classes) {
  std::string text;
  for (const Candidate* candidate : classes) {
    if (!text.empty()) text += ", ";
    text += ClassOf(picture, candidate->detection) + " " + ScoreText(candidate->detection.score);
  }
  return text;
}

StoryLines ModelLines(const StoryPicture& picture, std::size_t region, ClassId class_id) {
  StoryLines lines;
  if (picture.models.size() < 2) return lines;
  for (const StoryPicture::ModelScores& model : picture.models) {
    const std::size_t place = region * picture.classes.Size() + IndexOf(class_id);
    lines.emplace_back(lines.empty() ? "models" : "",
                       fmt::format("{} by {}", ScoreText(model.scores.at(place)), model.name));
  }
  return lines;
}

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

std::string FateText(const StoryPicture& picture, const CandidatePlace& place) {
  switch (CandidateAt(picture, place).fate) {
    case Fate::kKept:
      return KeptText(picture, place);
    case Fate::kSuppressed:
      return SuppressedText(picture, place);
    case Fate::kBelowMinScore:
      return fmt::format("its score is below {}, the least that counts", picture.min_score);
    case Fate::kLowered:
      return fmt::format("soft suppression lowered its score below {}, the least that counts",
                         picture.min_score);
    case Fate::kBeyondMost:
      break;
  }
  return "as many better ones were kept as are kept of a class";
}

}  // namespace deeper::tools
