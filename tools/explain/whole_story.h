#pragma once

#include <string>

#include "eval/drawing/draw_story.h"

namespace deeper::tools {

// A story in each of its forms.
struct WholeStory {
  Story page;        // to be drawn
  std::string text;  // lines for a terminal
  std::string json;  // one line
};

}  // namespace deeper::tools
