#include "eval/formats/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "core/text/float_text.h"
#include "core/text/parse.h"
#include "core/text/utf8.h"

namespace deeper {
namespace {

constexpr std::array<std::string_view, 13> kColumns = {"image",
                                                       "width",
                                                       "height",
                                                       "class",
                                                       "score",
                                                       "x0",
                                                       "y0",
                                                       "x1",
                                                       "y1",
                                                       "difficult",
                                                       "truncated",
                                                       "crowd",
                                                       "area"};

// Cuts a text into records and fields.
class CsvText {
 public:
  CsvText(std::string_view text, const std::filesystem::path& path) : rest_(text), path_(path) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }

  bool AtEnd() const { return rest_.empty(); }
  std::size_t line() const { return line_; }  // of the record that Next gave, from 1

  std::vector<std::string> Next() {
    line_ = next_line_;
    std::vector<std::string> fields;
    bool goes_on = true;
    while (goes_on) {
      fields.push_back(rest_.starts_with('"') ? QuotedField() : PlainField());
      goes_on = rest_.starts_with(',');
      if (goes_on) rest_.remove_prefix(1);
    }
    if (rest_.starts_with('\r')) rest_.remove_prefix(1);
    if (rest_.starts_with('\n')) rest_.remove_prefix(1);
    ++next_line_;
    return fields;
  }

 private:
  std::string PlainField() {
    const std::size_t length = std::min(rest_.find_first_of(",\r\n"), rest_.size());
    std::string field(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return field;
  }

  std::string QuotedField() {
    std::string field;
    rest_.remove_prefix(1);
    for (;;) {
      const std::size_t quote = rest_.find('"');
      if (quote == std::string_view::npos) {
        throw Error(
            fmt::format("{}:{}: expected a closing quote, found none", path_.string(), line_));
      }
      field += rest_.substr(0, quote);
      rest_.remove_prefix(quote + 1);
      if (!rest_.starts_with('"')) break;
      field += '"';
      rest_.remove_prefix(1);
    }
    next_line_ += static_cast<std::size_t>(std::ranges::count(field, '\n'));
    return field + PlainField();
  }

  std::string_view rest_;
  const std::filesystem::path& path_;
  std::size_t line_ = 0;
  std::size_t next_line_ = 1;
};

// The position of each of kColumns in the records of a file.
class Heading {
 public:
  Heading(const std::vector<std::string>& names, const std::filesystem::path& path) {
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
      const auto found = std::ranges::find(names, kColumns.at(i));
      if (found != names.end()) places_.at(i) = static_cast<std::size_t>(found - names.begin());
    }
    for (const std::string_view needed : {"image", "class", "x0", "y0", "x1", "y1"}) {
      if (places_.at(Column(needed)) != kAbsent) continue;
      throw Error(fmt::format(
          "{}: expected a heading with the columns image, class, x0, y0, x1 and y1, found no '{}'",
          path.string(),
          needed));
    }
  }

  std::string_view At(const std::vector<std::string>& record, std::string_view column) const {
    const std::size_t place = places_.at(Column(column));
    return place < record.size() ? std::string_view(record[place]) : std::string_view();
  }

 private:
  static constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);
  static std::size_t Column(std::string_view name) {
    return static_cast<std::size_t>(std::ranges::find(kColumns, name) - kColumns.begin());
  }
  std::array<std::size_t, kColumns.size()> places_ = [] {
    std::array<std::size_t, kColumns.size()> none{};
    none.fill(kAbsent);
    return none;
  }();
};

// What is no number, or is beyond a float, becomes NaN, which LabelCollector refuses.
float FloatOf(std::string_view text) {
  const std::optional<double> value = ParseDouble(text);
  return value ? static_cast<float>(*value) : std::numeric_limits<float>::quiet_NaN();
}

int PixelsOf(std::string_view text) {
  constexpr std::int64_t kMost = 1'000'000'000;
  const std::optional<std::int64_t> value = ParseInt(text);
  return value && *value > 0 && *value < kMost ? static_cast<int>(*value) : 0;
}

bool FlagOf(std::string_view text) { return !text.empty() && text != "0" && text != "false"; }

Label LabelOf(const Heading& heading, const std::vector<std::string>& record) {
  Label label;
  label.box = {.x0 = FloatOf(heading.At(record, "x0")),
               .y0 = FloatOf(heading.At(record, "y0")),
               .x1 = FloatOf(heading.At(record, "x1")),
               .y1 = FloatOf(heading.At(record, "y1"))};
  const std::string_view score = heading.At(record, "score");
  if (!score.empty()) label.score = FloatOf(score);
  label.difficult = FlagOf(heading.At(record, "difficult"));
  label.truncated = FlagOf(heading.At(record, "truncated"));
  label.crowd = FlagOf(heading.At(record, "crowd"));
  label.area_px = ParseDouble(heading.At(record, "area"));
  return label;
}

std::string Field(const std::string& text) {
  if (!IsUtf8(text)) {
    throw Error(fmt::format("'{}': expected a name in UTF-8, which CSV files are written in",
                            WithoutInvalidUtf8(text)));
  }
  if (!text.empty() && text.find_first_of(",\"\r\n ") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

ReadLabels ReadCsv(const std::filesystem::path& path) {
  const std::string content = ReadTextFile(path, std::uintmax_t{16} << 30U);
  CsvText text(content, path);
  if (text.AtEnd()) throw Error(path.string() + ": expected a heading, found an empty file");
  const Heading heading(text.Next(), path);
  LabelCollector collector;
  while (!text.AtEnd()) {
    const std::vector<std::string> record = text.Next();
    if (record.size() == 1 && record[0].empty()) continue;
    const std::string where = fmt::format("{}:{}", path.string(), text.line());
    const std::string id(heading.At(record, "image"));
    if (id.empty()) {
      collector.Warn(where, "a line without an image");
      continue;
    }
    LabelledImage& image = collector.ImageOf(id);
    image.width = std::max(image.width, PixelsOf(heading.At(record, "width")));
    image.height = std::max(image.height, PixelsOf(heading.At(record, "height")));
    const std::string_view name = heading.At(record, "class");
    if (name.empty() && heading.At(record, "x0").empty()) continue;
    collector.Add(id, name, LabelOf(heading, record), where);
  }
  return std::move(collector).Finish();
}

void WriteCsv(const LabelledSet& labels, const std::filesystem::path& path) {
  std::string content = fmt::format("{}\r\n", fmt::join(kColumns, ","));
  for (const LabelledImage& image : labels.images) {
    const std::string head = fmt::format("{},{},{}", Field(image.id), image.width, image.height);
    if (image.labels.empty()) content += head + std::string(kColumns.size() - 3, ',') + "\r\n";
    for (const Label& label : image.labels) {
      content += fmt::format("{},{},{},{},{},{},{},{},{},{},{}\r\n",
                             head,
                             Field(labels.classes.Name(label.class_id)),
                             label.score ? FloatText(*label.score) : "",
                             FloatText(label.box.x0),
                             FloatText(label.box.y0),
                             FloatText(label.box.x1),
                             FloatText(label.box.y1),
                             label.difficult ? 1 : 0,
                             label.truncated ? 1 : 0,
                             label.crowd ? 1 : 0,
                             label.area_px ? fmt::format("{}", *label.area_px) : "");
    }
  }
  WriteFileWhole(path, content);
}

}  // namespace deeper
