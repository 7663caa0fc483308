#pragma once

#include <cstddef>

#include "tools/explain/story_picture.h"
#include "tools/explain/whole_story.h"

namespace deeper::tools {

// How detection `number`, from 1 by falling score, came about. Throws Error when there is none.
WholeStory StoryOfDetection(const StoryPicture& picture, std::size_t number);

}  // namespace deeper::tools
