#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/explain/explained_picture.h"

namespace deeper::tools {

// What the stories of TellPicture, TellDetection and TellObject are put together from.

// What a line is about, and what it says.
using StoryLines = std::vector<std::pair<std::string, std::string>>;

// The title, then "  label         text", one a line.
std::string TextOf(const std::string& title, const StoryLines& lines);

// Okabe and Ito's colours, BGR.
constexpr std::array<std::uint8_t, 3> kGreen = {115, 158, 0};
constexpr std::array<std::uint8_t, 3> kSkyBlue = {233, 180, 86};
constexpr std::array<std::uint8_t, 3> kVermilion = {0, 94, 213};
constexpr std::array<std::uint8_t, 3> kYellow = {66, 228, 240};
constexpr std::array<std::uint8_t, 3> kWhite = {255, 255, 255};

// The box in the pixels of the picture's file.
Box InFile(const ExplainedPicture& picture, const Box& box);
std::string TextOf(const Box& box);

const Candidate& At(const ExplainedPicture& picture, const CandidatePlace& place);
const std::string& ClassOf(const ExplainedPicture& picture, const Detection& detection);
const std::string& ClassOf(const ExplainedPicture& picture, std::size_t object);

// Whose candidates a list holds: " by NAME" of a model whose boxes are fused, else nothing.
std::string ByModel(const ExplainedPicture& picture, std::size_t list);

// The number, from 1, of the detection that was made of the candidate; nothing where none was.
std::optional<std::size_t> NumberOf(const ExplainedPicture& picture, const CandidatePlace& place);

// The number of the detection that found the object.
std::optional<std::size_t> FinderOf(const ExplainedPicture& picture, std::size_t object);

// Object with the highest IoU with the box, of any class, and that IoU; nothing where none
// overlaps.
std::optional<std::pair<std::size_t, double>> NearestObject(const ExplainedPicture& picture,
                                                            const Box& box);

// What the truth says of the detection at this position.
std::string VerdictText(const ExplainedPicture& picture, std::size_t detection);

// "17 of 340 by MultiBox, its number 9".
std::string ProposalText(const ExplainedPicture& picture, std::size_t region);

// The candidate's region as a detection of its best classes, best first, and of the candidate's own
// at the end where that is not among them.
std::vector<const Candidate*> BestClasses(const ExplainedPicture& picture,
                                          const CandidatePlace& place);
std::string ScoresText(const ExplainedPicture& picture,
                       const std::vector<const Candidate*>& classes);

// What each of several models says of the region as this class; nothing of a single one.
StoryLines ModelLines(const ExplainedPicture& picture, std::size_t region, ClassId class_id);

// What box regression and clipping, or box voting, did to a box.
std::string MoveText(const Box& from, const Box& to);

// What became of a candidate.
std::string FateText(const ExplainedPicture& picture, const CandidatePlace& place);

// The crop of a region as the network of a model sees it, the mean put back.
Image CropOf(const ExplainedPicture& picture, std::size_t region, std::size_t model);

// The crop of the candidate's region as the network of its list sees it (of the mean of several
// models as the first one's does), beside the scores of its best classes.
StoryPanel PanelOf(const ExplainedPicture& picture,
                   const CandidatePlace& place,
                   std::string caption);

}  // namespace deeper::tools
