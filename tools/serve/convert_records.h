#pragma once

#include <string>

#include "tools/serve/http_message.h"

namespace deeper::tools {

// Lines of detections.jsonl in another format, for a browser to keep: "jsonl"; "coco"; "voc", the
// objects of one picture as an annotation. Throws UsageError for another format, Error as the
// reader of lines does.
HttpResponse ConvertRecords(const std::string& lines, const std::string& format);

}  // namespace deeper::tools
