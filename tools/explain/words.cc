#include "tools/explain/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text/float_text.h"

namespace deeper::tools {

namespace {

constexpr std::size_t kBestClasses = 5;

std::string KeptText(const ExplainedPicture& picture, const CandidatePlace& place) {
  const Candidate& candidate = At(picture, place);
  const std::optional<std::size_t> number = NumberOf(picture, place);
  if (!number) return "kept, but a score of 0 joins no detection";
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

std::string SuppressedText(const ExplainedPicture& picture, const CandidatePlace& place) {
  const Candidate& candidate = At(picture, place);
  const CandidatePlace by = {.list = place.list, .position = *candidate.suppressor};
  const std::optional<std::size_t> number = NumberOf(picture, by);
  return fmt::format("suppressed by {} (score {}{}, IoU {:.2f} > {}){}",
                     number ? fmt::format("detection {}", *number) : "a better one",
                     ScoreText(At(picture, by).detection.score),
                     ByModel(picture, by.list),
                     candidate.suppressor_iou,
                     picture.nms.max_iou,
                     number ? fmt::format(", which is {}", VerdictText(picture, *number - 1)) : "");
}

}  // namespace

std::string TextOf(const std::string& title, const StoryLines& lines) {
  std::string text = title + "\n";
  for (const auto& [what, said] : lines) text += fmt::format("  {:<13} {}\n", what, said);
  return text;
}

Box InFile(const ExplainedPicture& picture, const Box& box) {
  return {.x0 = static_cast<float>(double{box.x0} * picture.file_from_image_x),
          .y0 = static_cast<float>(double{box.y0} * picture.file_from_image_y),
          .x1 = static_cast<float>(double{box.x1} * picture.file_from_image_x),
          .y1 = static_cast<float>(double{box.y1} * picture.file_from_image_y)};
}

std::string TextOf(const Box& box) {
  return fmt::format("x {:.1f} to {:.1f}, y {:.1f} to {:.1f} ({:.0f} x {:.0f} px)",
                     box.x0,
                     box.x1,
                     box.y0,
                     box.y1,
                     box.Width(),
                     box.Height());
}

const Candidate& At(const ExplainedPicture& picture, const CandidatePlace& place) {
  return picture.candidates.at(place.list).at(place.position);
}

const std::string& ClassOf(const ExplainedPicture& picture, const Detection& detection) {
  return picture.classes.Name(detection.class_id);
}

const std::string& ClassOf(const ExplainedPicture& picture, std::size_t object) {
  return picture.object_classes.Name(picture.objects[object].class_id);
}

std::string ByModel(const ExplainedPicture& picture, std::size_t list) {
  return picture.fuses_boxes ? " by " + picture.models.at(list).name : "";
}

std::optional<std::size_t> NumberOf(const ExplainedPicture& picture, const CandidatePlace& place) {
  for (std::size_t i = 0; i < picture.detections.size(); ++i) {
    const auto& made_of = picture.detections[i].made_of;
    if (std::ranges::find(made_of, place) != made_of.end()) return i + 1;
  }
  return std::nullopt;
}

std::optional<std::size_t> FinderOf(const ExplainedPicture& picture, std::size_t object) {
  for (std::size_t i = 0; i < picture.judgements.size(); ++i) {
    const auto& judged = picture.judgements[i];
    if (judged && judged->verdict == Verdict::kTruePositive && judged->object == object) {
      return i + 1;
    }
  }
  return std::nullopt;
}

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
  const auto nearest = NearestObject(picture, picture.detections[detection].detection.box);
  if (!nearest) return "false: on no object at all";
  return fmt::format("false: nearest to {}, IoU {:.2f}", object(nearest->first), nearest->second);
}

std::string ProposalText(const ExplainedPicture& picture, std::size_t region) {
  const std::string place = fmt::format("{} of {} by", region + 1, picture.proposals.size());
  if (picture.origins.empty()) return place + " Selective Search";
  const ProposalOrigin& origin = picture.origins[region];
  std::string by;
  const auto add = [&](const char* who, const std::optional<int>& rank) {
    if (rank) by += fmt::format("{} {}, its number {}", by.empty() ? "" : ", and", who, *rank + 1);
  };
  add("MultiBox", origin.multibox_rank);
  add("Selective Search", origin.selective_search_rank);
  return place + by;
}

std::vector<const Candidate*> BestClasses(const ExplainedPicture& picture,
                                          const CandidatePlace& place) {
  const Candidate& asked = At(picture, place);
  std::vector<const Candidate*> best;
  for (const Candidate& candidate : picture.candidates[place.list]) {
    if (candidate.region == asked.region) best.push_back(&candidate);
  }
  std::ranges::stable_sort(best, std::ranges::greater{}, [](const Candidate* candidate) {
    return candidate->detection.score;
  });
  const auto own = std::ranges::find(best, &asked);
  if (own - best.begin() >= static_cast<std::ptrdiff_t>(kBestClasses)) {
    best[kBestClasses - 1] = &asked;
  }
  best.resize(std::min(best.size(), kBestClasses));
  return best;
}

std::string ScoresText(const ExplainedPicture& picture,
                       const std::vector<const Candidate*>& classes) {
  std::string text;
  for (const Candidate* candidate : classes) {
    if (!text.empty()) text += ", ";
    text += ClassOf(picture, candidate->detection) + " " + ScoreText(candidate->detection.score);
  }
  return text;
}

StoryLines ModelLines(const ExplainedPicture& picture, std::size_t region, ClassId class_id) {
  StoryLines lines;
  if (picture.models.size() < 2) return lines;
  for (const ExplainedPicture::ModelScores& model : picture.models) {
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

std::string FateText(const ExplainedPicture& picture, const CandidatePlace& place) {
  switch (At(picture, place).fate) {
    case Fate::kKept:
      return KeptText(picture, place);
    case Fate::kSuppressed:
      return SuppressedText(picture, place);
    case Fate::kBelowMinScore:
      return fmt::format("its score is below {}, the least that counts", picture.min_score);
    case Fate::kBeyondMost:
      break;
  }
  return "as many better ones were kept as are kept of a class";
}

Image CropOf(const ExplainedPicture& picture, std::size_t region, std::size_t model) {
  const CropOptions& crop = picture.models[model].crop;
  const auto side = static_cast<std::size_t>(crop.size_px);
  std::vector<float> planes(3 * side * side);
  Crop(picture.image, picture.proposals[region], crop, planes);
  Image image = MakeImage(crop.size_px, crop.size_px, 0, 0, 0);
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t i = 0; i < side * side; ++i) {
      const float value = planes[c * side * side + i] + crop.mean_bgr.at(c);
      image.bgr[3 * i + c] = static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
    }
  }
  return image;
}

StoryPanel PanelOf(const ExplainedPicture& picture,
                   const CandidatePlace& place,
                   std::string caption) {
  const Candidate& asked = At(picture, place);
  StoryPanel panel{.picture = CropOf(picture, asked.region, place.list),
                   .caption = std::move(caption),
                   .bars = {}};
  for (const Candidate* candidate : BestClasses(picture, place)) {
    panel.bars.push_back({.name = ClassOf(picture, candidate->detection),
                          .score = candidate->detection.score,
                          .chosen = candidate == &asked});
  }
  return panel;
}

}  // namespace deeper::tools
