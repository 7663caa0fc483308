#include "tools/serve/convert_records.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "core/error.h"
#include "core/files/file.h"
#include "eval/formats/formats.h"
#include "eval/formats/lines/detection_lines.h"
#include "eval/formats/voc_annotations.h"
#include "tools/options/option_errors.h"

namespace deeper::tools {

namespace fs = std::filesystem;

namespace {

// A directory for a file that a writer makes, gone with this object.
class ScratchDirectory {
 public:
  ScratchDirectory() : path_((fs::temp_directory_path() / "deeper-XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) throw Error("no temporary directory can be made");
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  fs::path operator/(const char* name) const { return fs::path(path_) / name; }

 private:
  std::string path_;
};

}  // namespace

HttpResponse FileOfLabels(const LabelledSet& labels, const std::string& format) {
  if (format == "voc") {
    if (labels.images.size() != 1) {
      throw UsageError(fmt::format("to=voc is an annotation of one picture, found records of {}",
                                   labels.images.size()));
    }
    return {.content_type = "application/xml",
            .body = VocAnnotationText(labels.images.front(), labels.classes)};
  }
  if (format != "coco" && format != "jsonl") {
    throw UsageError(fmt::format("to is '{}', expected jsonl, coco or voc", format));
  }
  const ScratchDirectory scratch;
  const fs::path file = scratch / "records";
  WriteLabelsAs(LabelFormatFromName(format), labels, file, {.size_of = {}});
  return {.content_type = format == "coco" ? "application/json" : "application/x-ndjson",
          .body = ReadTextFile(file)};
}

HttpResponse ConvertRecords(const std::string& lines, const std::string& format) {
  return FileOfLabels(LabelsOf(ParseJsonLines(lines, "records")), format);
}

}  // namespace deeper::tools
