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

// A small picture with what was made of it.
struct StoryPanel {
  Image picture;
  std::string caption;
  std::vector<StoryBar> bars;
};

// What a page shows and says.
struct Story {
  std::string title;
  Image picture;
  std::vector<Mark> marks;  // in its pixels
  std::vector<StoryPanel> panels;
  std::vector<std::pair<std::string, std::string>> lines;  // what, and what of it
};

// The story as one picture, 1240 pixels wide and as high as it needs to be: the title, the picture
// with its marks at the left (only where they are, when they are small), the panels below each
// other at its right, the lines below. Texts that are too long are wrapped or cut; characters
// outside ASCII show as "?". Expects pictures that are not empty and finite scores.
Image DrawStory(const Story& story);

}  // namespace deeper
