#pragma once

#include <string>

#include "eval/formats/reading/labels.h"
#include "tools/serve/http_message.h"

namespace deeper::tools {

// Labels as a file for a browser to keep. format: "jsonl"; "coco"; "voc", the objects of one
// picture as an annotation. Throws UsageError for another format.
HttpResponse FileOfLabels(const LabelledSet& labels, const std::string& format);

// Lines of detections.jsonl in another format. Throws as FileOfLabels, and Error as the reader of
// lines does.
HttpResponse ConvertRecords(const std::string& lines, const std::string& format);

}  // namespace deeper::tools
