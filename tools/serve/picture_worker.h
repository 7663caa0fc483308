#pragma once

#include "detector/detector.h"
#include "tools/options/reading_options.h"
#include "tools/serve/detect_query.h"
#include "tools/serve/picture_work.h"

namespace deeper::tools {

// How pictures are worked on where a request says nothing else.
struct PictureWorkerOptions {
  ReadingOptions reading;
  DetectQuery detect;
  bool has_annotations = false;  // they can be kept, as the facts of the model tell the page
};

// Does jobs with a detector, on the calling thread alone. `detector` must outlive the result, which
// may be called from several threads. Records are those of detections.jsonl. The facts of the model
// are names, classes with their colours and the scores from which each is drawn, and options; no
// path of the machine is in them.
PictureWork WorkOf(const Detector& detector, const PictureWorkerOptions& options);

}  // namespace deeper::tools
