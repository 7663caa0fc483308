#include "eval/formats/lines/detection_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/class_index.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/text/float_text.h"
#include "core/text/utf8.h"
#include "eval/formats/reading/fields.h"
#include "eval/formats/reading/json_stream.h"

namespace deeper {
namespace {

using nlohmann::json;

constexpr std::uintmax_t kMostBytes = std::uintmax_t{16} << 30U;

// `text` between quotes; it must be UTF-8.
std::string Quoted(std::string_view text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::strict);
}

std::string QuotedClassName(const std::string& name) {
  if (IsUtf8(name)) return Quoted(name);
  throw Error(
      fmt::format("class '{}': expected a name in UTF-8, which JSON needs; rename the class",
                  WithoutInvalidUtf8(name)));
}

// The "image" field. An id that is not UTF-8 also has "image_bytes", which then counts.
std::string IdFields(const std::string& id) {
  if (IsUtf8(id)) return fmt::format("\"image\": {}", Quoted(id));
  return fmt::format(
      "\"image\": {}, \"image_bytes\": \"{}\"", Quoted(WithoutInvalidUtf8(id)), HexOf(id));
}

std::string FileField(const std::string& file_name) {
  if (file_name.empty()) return "";
  return fmt::format("\"file\": {}, ", Quoted(WithoutInvalidUtf8(file_name)));
}

std::string LineOf(const ImageDetections& image, const std::vector<std::string>& quoted_names) {
  std::string line = fmt::format("{{{}, {}\"width\": {}, \"height\": {}, \"detections\": [",
                                 IdFields(image.id),
                                 FileField(image.file_name),
                                 image.width,
                                 image.height);
  for (const Detection& detection : image.detections) {
    if (&detection != image.detections.data()) line += ", ";
    line += fmt::format("{{\"class\": {}, \"score\": {}, \"box\": [{}, {}, {}, {}]}}",
                        quoted_names.at(IndexOf(detection.class_id)),
                        FloatText(detection.score),
                        FloatText(detection.box.x0),
                        FloatText(detection.box.y0),
                        FloatText(detection.box.x1),
                        FloatText(detection.box.y1));
  }
  line += "]}";
  return line;
}

std::vector<std::string> QuotedNames(const ClassTable& classes) {
  std::vector<std::string> quoted;
  for (const std::string& name : DistinctNames(classes)) quoted.push_back(QuotedClassName(name));
  return quoted;
}

// Reads the lines of one file. Its errors name the file and the line.
class JsonLinesReader {
 public:
  JsonLinesReader(const std::filesystem::path& path, const ClassTable* classes) : path_(path) {
    if (classes == nullptr) return;
    known_.emplace(*classes);
    result_.classes = *classes;
  }

  void Read(std::string_view text) {
    ++line_number_;
    if (text.find_first_not_of(" \t") == std::string_view::npos) return;
    const json line = json::parse(text, nullptr, false);
    if (line.is_discarded()) Fail("a JSON object; is the line cut off?", "text that is not JSON");
    if (!line.is_object()) Fail("a JSON object", Excerpt(line));
    ImageDetections image{.id = IdOf(line),
                          .width = PixelsAt(line, "width"),
                          .height = PixelsAt(line, "height"),
                          .detections = {},
                          .file_name = line.contains("file") ? TextAt(line, "file") : ""};
    if (!seen_.insert(image.id).second) {
      Fail("each picture once", fmt::format("'{}' again", WithoutInvalidUtf8(image.id)));
    }
    const json& detections = At(line, "detections");
    if (!detections.is_array()) Fail("a list as 'detections'", Excerpt(detections));
    image.detections.reserve(detections.size());
    for (const json& detection : detections) image.detections.push_back(DetectionOf(detection));
    result_.images.push_back(std::move(image));
  }

  // The result, with collected classes sorted by name.
  DetectionSet Finish() && {
    if (!known_) SortClasses();
    return std::move(result_);
  }

 private:
  [[noreturn]] void Fail(std::string_view expected, std::string_view found) const {
    throw Error(
        fmt::format("{}:{}: expected {}, found {}", path_.string(), line_number_, expected, found));
  }

  static std::string Excerpt(const json& value) {
    if (value.is_structured()) return value.is_array() ? "a list" : "an object";
    std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
    constexpr std::size_t kShown = 100;
    return text.size() <= kShown ? text : text.substr(0, kShown) + "...";
  }

  const json& At(const json& object, const char* key) const {
    const auto found = object.find(key);
    if (found == object.end()) Fail(fmt::format("a field '{}'", key), "none");
    return *found;
  }

  const std::string& TextAt(const json& object, const char* key) const {
    const json& value = At(object, key);
    if (!value.is_string()) Fail(fmt::format("a text as '{}'", key), Excerpt(value));
    return value.get_ref<const std::string&>();
  }

  std::string IdOf(const json& line) const {
    if (!line.contains("image_bytes")) return TextAt(line, "image");
    const std::string& digits = TextAt(line, "image_bytes");
    std::optional<std::string> id = BytesOfHex(digits);
    if (!id) Fail("pairs of hexadecimal digits as 'image_bytes'", Excerpt(digits));
    return *std::move(id);
  }

  int PixelsAt(const json& line, const char* key) const {
    const auto found = line.find(key);
    if (found == line.end()) return 0;
    const std::optional<std::int64_t> pixels = WholeNumberOf(TextOf(*found));
    const bool fits = pixels && *pixels >= 0 && *pixels <= std::numeric_limits<int>::max();
    if (!fits) Fail(fmt::format("a number of pixels as '{}'", key), Excerpt(*found));
    return static_cast<int>(*pixels);
  }

  float FloatOf(const json& value, const char* what) const {
    const bool is_number = value.is_number() || (value.is_string() && NumberOf(TextOf(value)));
    if (!is_number) Fail(fmt::format("a number as {}", what), Excerpt(value));
    const float number = CoordinateOf(value);
    if (std::isnan(number)) {
      Fail(fmt::format("a number in the range of a float as {}", what), Excerpt(value));
    }
    return number;
  }

  Detection DetectionOf(const json& value) {
    if (!value.is_object()) Fail("an object as detection", Excerpt(value));
    const json& box = At(value, "box");
    if (!box.is_array() || box.size() != 4) Fail("'box' to be a list of 4 numbers", Excerpt(box));
    return {.box = {.x0 = FloatOf(box[0], "x0"),
                    .y0 = FloatOf(box[1], "y0"),
                    .x1 = FloatOf(box[2], "x1"),
                    .y1 = FloatOf(box[3], "y1")},
            .class_id = ClassOf(std::string(Trimmed(TextAt(value, "class")))),
            .score = FloatOf(At(value, "score"), "score")};
  }

  ClassId ClassOf(const std::string& name) {
    if (known_) {
      if (known_->IsAmbiguous(name))
        Fail("the WordNet id of one of the classes of one name", fmt::format("'{}'", name));
      if (const std::optional<ClassId> id = known_->Find(name)) return *id;
      const std::optional<std::string> near = known_->Nearest(name);
      Fail(fmt::format("one of {} classes", known_->Size()),
           fmt::format("'{}'{}", name, near ? fmt::format("; did you mean '{}'?", *near) : ""));
    }
    const auto found = id_by_name_.find(name);
    if (found != id_by_name_.end()) return found->second;
    if (name.empty()) Fail("a class with a name", "an empty one");
    const ClassId id = ClassAt(result_.classes.Size());
    result_.classes.classes.push_back({.name = name, .wordnet_id = {}});
    id_by_name_.emplace(name, id);
    return id;
  }

  void SortClasses() {
    const std::vector<ClassId> new_ids = SortByName(result_.classes);
    for (ImageDetections& image : result_.images) {
      for (Detection& detection : image.detections) {
        detection.class_id = new_ids[IndexOf(detection.class_id)];
      }
    }
  }

  const std::filesystem::path& path_;
  std::optional<ClassIndex> known_;
  std::size_t line_number_ = 0;
  std::unordered_set<std::string> seen_;
  std::unordered_map<std::string, ClassId> id_by_name_;
  DetectionSet result_;
};

}  // namespace

std::string JsonLineOf(const ImageDetections& image, const ClassTable& classes) {
  return LineOf(image, QuotedNames(classes));
}

DetectionSet ParseJsonLines(std::string_view text,
                            const std::filesystem::path& source,
                            const ClassTable* classes) {
  JsonLinesReader reader(source, classes);
  for (const std::string_view line : SplitLines(text)) reader.Read(line);
  return std::move(reader).Finish();
}

DetectionSet ReadJsonLines(const std::filesystem::path& path, const ClassTable* classes) {
  return ParseJsonLines(ReadPlainText(path, kMostBytes), path, classes);
}

void WriteJsonLines(const DetectionSet& detections, const std::filesystem::path& path) {
  const std::vector<std::string> names = QuotedNames(detections.classes);
  std::string content;
  for (const ImageDetections& image : detections.images) {
    content += LineOf(image, names);
    content += '\n';
  }
  WriteFileWhole(path, content);
}

}  // namespace deeper
