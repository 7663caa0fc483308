#pragma once

#include <string>

#include "detector/detector.h"
#include "tools/explain/story_picture.h"

namespace deeper::tools {

// Runs the detector on a picture and keeps what it made of it, as ground for stories: what
// Detector::Detect finds by these options, and why. Without truth: nothing is judged. id: as in the
// stories, and under which kept features are looked for. Safe from several threads.
StoryPicture ExplainPicture(const Detector& detector,
                            const DetectOptions& options,
                            const std::string& id,
                            ScaledImage scaled);

}  // namespace deeper::tools
