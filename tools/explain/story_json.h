#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/text/json_line.h"
#include "tools/explain/story_picture.h"

namespace deeper::tools {

// The parts of stories as JSON. Numbers of detections, objects and proposals are from 1. Boxes are
// in the pixels of the file.
using StoryJson = nlohmann::ordered_json;

// [x0, y0, x1, y1]
StoryJson BoxJson(const StoryPicture& picture, const Box& box);

// {"verdict", "object", "iou"}; null for a detection that is not judged.
StoryJson VerdictJson(const std::optional<Judgement>& judged);

// {"source": "selective search", "multibox", "both", "map" or "box regression", "rank", "of",
// "multibox_rank", "selective_search_rank", "box"}.
StoryJson ProposalJson(const StoryPicture& picture, std::size_t region);

// [{"class", "score"}]
StoryJson ScoresJson(const StoryPicture& picture, const std::vector<const Candidate*>& classes);

// What each model says of the region as this class: [{"model", "score"}].
StoryJson ModelsJson(const StoryPicture& picture, std::size_t region, ClassId class_id);

// "kept", "suppressed", "below_min_score", "lowered" or "beyond_most".
const char* FateName(Fate fate);

}  // namespace deeper::tools
