#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/image.h"
#include "eval/drawing/draw_story.h"
#include "tools/explain/story_picture.h"

namespace deeper::tools {

// Okabe and Ito's colours, BGR.
constexpr std::array<std::uint8_t, 3> kGreen = {115, 158, 0};
constexpr std::array<std::uint8_t, 3> kSkyBlue = {233, 180, 86};
constexpr std::array<std::uint8_t, 3> kVermilion = {0, 94, 213};
constexpr std::array<std::uint8_t, 3> kYellow = {66, 228, 240};
constexpr std::array<std::uint8_t, 3> kWhite = {255, 255, 255};

// The crop of a region as the network of a model sees it, the mean put back; of one that reads
// windows of a map, the pixels of the window.
Image CropOf(const StoryPicture& picture, std::size_t region, std::size_t model);

// The crop of the candidate's region beside the scores of its best classes. The crop is as the
// network of the candidate's list sees it; of the mean of several models, as the first one's does.
StoryPanel PanelOf(const StoryPicture& picture, const CandidatePlace& place, std::string caption);

}  // namespace deeper::tools
