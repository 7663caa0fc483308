#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "tools/explain/story_picture.h"

namespace deeper::tools {

// What a line is about, and what it says.
using StoryLines = std::vector<std::pair<std::string, std::string>>;

// The title, then "  label         text", one per line.
std::string StoryText(const std::string& title, const StoryLines& lines);

// "x 10.0 to 30.0, y 10.0 to 30.0 (20 x 20 px)".
std::string BoxText(const Box& box);

// Whose candidates a list holds: " by NAME" of a model whose boxes are fused, else nothing.
std::string ByModel(const StoryPicture& picture, std::size_t list);

// What the truth says of the detection at this position.
std::string VerdictText(const StoryPicture& picture, std::size_t detection);

// "17 of 340 by MultiBox, its number 9".
std::string ProposalText(const StoryPicture& picture, std::size_t region);

// "cat 2.00, dog -2.00".
std::string ScoresText(const StoryPicture& picture, const std::vector<const Candidate*>& classes);

// What each of several models says of the region as this class; nothing of a single one.
StoryLines ModelLines(const StoryPicture& picture, std::size_t region, ClassId class_id);

// What box regression and clipping, or box voting, did to a box.
std::string MoveText(const Box& from, const Box& to);

// What became of a candidate.
std::string FateText(const StoryPicture& picture, const CandidatePlace& place);

}  // namespace deeper::tools
