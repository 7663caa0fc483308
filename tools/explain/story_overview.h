#pragma once

#include "tools/explain/story_picture.h"
#include "tools/explain/whole_story.h"

namespace deeper::tools {

// All stories of a picture: its detections and objects with their numbers, for a choice. The page
// stays empty.
WholeStory StoryOverview(const StoryPicture& picture);

}  // namespace deeper::tools
