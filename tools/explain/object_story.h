#pragma once

#include <cstddef>

#include "tools/explain/story_picture.h"
#include "tools/explain/whole_story.h"

namespace deeper::tools {

// What became of object `number`, from 1 as annotated: its best proposals and why they lost. Throws
// Error when there is none.
WholeStory StoryOfObject(const StoryPicture& picture, std::size_t number);

}  // namespace deeper::tools
