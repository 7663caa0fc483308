#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/image.h"
#include "eval/drawing/draw.h"

namespace deeper {

// A class's score as a bar.
struct StoryBar {
  std::string name;
  float score = 0;
  bool chosen = false;  // stands out from the others
};

// A small picture, with a caption and the scores that it got.
struct StoryPanel {
  Image picture;
  std::string caption;
  std::vector<StoryBar> bars;
};

// What a page shows.
struct Story {
  std::string title;
  Image picture;
  std::vector<Mark> marks;  // in its pixels
  std::vector<StoryPanel> panels;
  std::vector<std::pair<std::string, std::string>> lines;  // a name and its value
};

// The story as one picture, 1240 pixels wide and as high as needed. The title is at the top, the
// picture with its marks at the left, the panels one below the other at its right, and the lines at
// the bottom. If the marks are small, only the part of the picture around them is shown. Texts that
// are too long are wrapped or cut. Characters outside ASCII show as "?". Expects pictures that are
// not empty and finite scores.
Image DrawStory(const Story& story);

}  // namespace deeper
