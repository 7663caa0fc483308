#include "eval/formats/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/class_index.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/text/float_text.h"
#include "core/text/lower.h"
#include "core/text/utf8.h"
#include "eval/formats/reading/fields.h"

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

constexpr std::array<std::pair<std::string_view, bool Label::*>, 3> kFlags = {
    {{"difficult", &Label::difficult}, {"truncated", &Label::truncated}, {"crowd", &Label::crowd}}};

// Cuts a text into records and fields.
class CsvText {
 public:
  CsvText(std::string_view text, const std::filesystem::path& path) : rest_(text), path_(path) {
    if (rest_.starts_with("sep=") && rest_.size() > 4) {  // spreadsheets say the separator so
      separator_ = rest_[4];
      rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size() - 1) + 1);
      ++next_line_;
      return;
    }
    const std::string_view heading = rest_.substr(0, rest_.find('\n'));
    for (const char separator : {';', '\t'}) {
      if (heading.find(',') == std::string_view::npos && heading.find(separator) != heading.npos) {
        separator_ = separator;
      }
    }
  }

  bool AtEnd() const { return rest_.empty(); }
  std::size_t line() const { return line_; }  // of the record that Next gave, from 1

  std::vector<std::string> Next() {
    line_ = next_line_;
    std::vector<std::string> fields;
    bool goes_on = true;
    while (goes_on) {
      fields.push_back(rest_.starts_with('"') ? QuotedField() : PlainField());
      goes_on = rest_.starts_with(separator_);
      if (goes_on) rest_.remove_prefix(1);
    }
    if (rest_.starts_with('\r')) rest_.remove_prefix(1);
    if (rest_.starts_with('\n')) rest_.remove_prefix(1);
    ++next_line_;
    return fields;
  }

 private:
  std::string PlainField() {
    const std::size_t length =
        std::min(rest_.find_first_of(std::string(1, separator_) + "\r\n"), rest_.size());
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
  char separator_ = ',';
  std::size_t line_ = 0;
  std::size_t next_line_ = 1;
};

// Names that other programs have for columns. "x1" is our own x1 unless there is an "x2".
constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kOtherNames = {{
    {"filename", "image"},
    {"file_name", "image"},
    {"file", "image"},
    {"image_id", "image"},
    {"image_path", "image"},
    {"path", "image"},
    {"label", "class"},
    {"name", "class"},
    {"class_name", "class"},
    {"category", "class"},
    {"confidence", "score"},
    {"xmin", "x0"},
    {"ymin", "y0"},
    {"xmax", "x1"},
    {"ymax", "y1"},
    {"x2", "x1"},
    {"y2", "y1"},
    {"iscrowd", "crowd"},
}};

// The position of each of kColumns in the records of a file.
class Heading {
 public:
  Heading(const std::vector<std::string>& record, const std::filesystem::path& path) {
    std::vector<std::string> names;
    for (const std::string& field : record) names.push_back(Lower(Unquoted(field)));
    const auto rename = [&](std::string_view from, std::string_view to) {
      const auto found = std::ranges::find(names, from);
      if (found != names.end() && std::ranges::find(names, to) == names.end()) *found = to;
    };
    if (std::ranges::find(names, "x2") != names.end()) {
      rename("x1", "x0");
      rename("y1", "y0");
    }
    for (const auto& [other, column] : kOtherNames) rename(other, column);
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

Label LabelOf(const Heading& heading,
              const std::vector<std::string>& record,
              const std::string& where,
              std::vector<Warning>& warnings) {
  Label label;
  label.box = {.x0 = CoordinateOf(heading.At(record, "x0")),
               .y0 = CoordinateOf(heading.At(record, "y0")),
               .x1 = CoordinateOf(heading.At(record, "x1")),
               .y1 = CoordinateOf(heading.At(record, "y1"))};
  const std::string_view score = Trimmed(heading.At(record, "score"));
  if (!score.empty()) label.score = CoordinateOf(score);
  for (const auto& [column, flag] : kFlags) {
    label.*flag = FlagOf(heading.At(record, column), column, where, warnings);
  }
  label.area_px = NumberOf(heading.At(record, "area"));
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
  const std::string content = ReadPlainText(path, std::uintmax_t{16} << 30U);
  CsvText text(content, path);
  if (text.AtEnd()) throw Error(path.string() + ": expected a heading, found an empty file");
  const Heading heading(text.Next(), path);
  LabelCollector collector;
  while (!text.AtEnd()) {
    const std::vector<std::string> record = text.Next();
    if (record.size() == 1 && record[0].empty()) continue;
    const std::string where = fmt::format("{}:{}", path.string(), text.line());
    const std::string id = FileNameOf(heading.At(record, "image"));
    if (id.empty()) {
      collector.Warn(where, "a line without an image");
      continue;
    }
    LabelledImage& image = collector.ImageOf(id);
    image.width = std::max(image.width, PixelsOf(heading.At(record, "width")));
    image.height = std::max(image.height, PixelsOf(heading.At(record, "height")));
    const std::string_view name = Trimmed(heading.At(record, "class"));
    if (name.empty() && Trimmed(heading.At(record, "x0")).empty()) continue;
    collector.Add(id, name, LabelOf(heading, record, where, collector.warnings()), where);
  }
  collector.TakeIdsForFileNames();
  return std::move(collector).Finish();
}

void WriteCsv(const LabelledSet& labels, const std::filesystem::path& path) {
  const std::vector<std::string> names = DistinctNames(labels.classes);
  std::string content = fmt::format("{}\r\n", fmt::join(kColumns, ","));
  for (const LabelledImage& image : labels.images) {
    const std::string head = fmt::format("{},{},{}", Field(image.id), image.width, image.height);
    if (image.labels.empty()) content += head + std::string(kColumns.size() - 3, ',') + "\r\n";
    for (const Label& label : image.labels) {
      content += fmt::format("{},{},{},{},{},{},{},{},{},{},{}\r\n",
                             head,
                             Field(names.at(IndexOf(label.class_id))),
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
