#include "tools/explain/story_json.h"

#include "tools/explain/story_words.h"

namespace deeper::tools {

namespace {

const char* VerdictName(Verdict verdict) {
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

}  // namespace

StoryJson BoxJson(const StoryPicture& picture, const Box& box) {
  const Box in_file = BoxInFile(picture, box);
  return {in_file.x0, in_file.y0, in_file.x1, in_file.y1};
}

StoryJson VerdictJson(const std::optional<Judgement>& judged) {
  if (!judged) return nullptr;
  return {{"verdict", VerdictName(judged->verdict)},
          {"object", judged->object ? StoryJson(*judged->object + 1) : StoryJson()},
          {"iou", judged->iou}};
}

StoryJson ProposalJson(const StoryPicture& picture, std::size_t region) {
  ProposalOrigin origin;
  if (picture.origins.empty()) {
    origin.selective_search_rank = static_cast<int>(region);
  } else {
    origin = picture.origins[region];
  }
  const char* source = origin.moved_from               ? "box regression"
                       : origin.by_map                 ? "map"
                       : !origin.multibox_rank         ? "selective search"
                       : !origin.selective_search_rank ? "multibox"
                                                       : "both";
  const auto rank = [](const auto& r) { return r ? StoryJson(*r + 1) : StoryJson(); };
  return {{"source", source},
          {"rank", region + 1},
          {"of", picture.proposals.size()},
          {"multibox_rank", rank(origin.multibox_rank)},
          {"selective_search_rank", rank(origin.selective_search_rank)},
          {"moved_from", rank(origin.moved_from)},
          {"box", BoxJson(picture, picture.proposals[region])}};
}

StoryJson ScoresJson(const StoryPicture& picture, const std::vector<const Candidate*>& classes) {
  StoryJson scores = StoryJson::array();
  for (const Candidate* candidate : classes) {
    scores.push_back(
        {{"class", ClassOf(picture, candidate->detection)}, {"score", candidate->detection.score}});
  }
  return scores;
}

StoryJson ModelsJson(const StoryPicture& picture, std::size_t region, ClassId class_id) {
  StoryJson models = StoryJson::array();
  for (const StoryPicture::ModelScores& model : picture.models) {
    const std::size_t place = region * picture.classes.Size() + IndexOf(class_id);
    models.push_back({{"model", model.name}, {"score", model.scores.at(place)}});
  }
  return models;
}

const char* FateName(Fate fate) {
  switch (fate) {
    case Fate::kKept:
      return "kept";
    case Fate::kSuppressed:
      return "suppressed";
    case Fate::kBelowMinScore:
      return "below_min_score";
    case Fate::kLowered:
      return "lowered";
    case Fate::kBeyondMost:
      break;
  }
  return "beyond_most";
}

}  // namespace deeper::tools
