#include "eval/formats/reading/text_line.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <optional>

#include "core/error.h"
#include "core/files/file.h"
#include "eval/formats/reading/fields.h"
#include "eval/formats/reading/one_based.h"

namespace deeper {

void TextLine::Fail(std::string_view expected) const {
  constexpr std::size_t kShown = 200;
  throw Error(fmt::format("{}:{}: expected {}, found '{}{}'",
                          file->string(),
                          number,
                          expected,
                          text.substr(0, kShown),
                          text.size() > kShown ? "..." : ""));
}

std::int64_t TextLine::IntAt(std::size_t i, std::string_view what) const {
  const std::optional<std::int64_t> value = WholeNumberOf(fields.at(i));
  if (!value) Fail(what);
  return *value;
}

double TextLine::NumberAt(std::size_t i, std::string_view what) const {
  const std::optional<double> value = NumberOf(fields.at(i));
  if (!value) Fail(what);
  return *value;
}

float TextLine::ScoreAt(std::size_t i) const {
  const double score = NumberAt(i, "a number as score");
  if (std::abs(score) > double{std::numeric_limits<float>::max()})
    Fail("a score within a float's range");
  return static_cast<float>(score);
}

Box TextLine::OneBasedBoxAt(std::size_t i) const {
  const std::string_view what = "numbers for xmin, ymin, xmax and ymax";
  return BoxOfOneBased(
      NumberAt(i, what), NumberAt(i + 1, what), NumberAt(i + 2, what), NumberAt(i + 3, what));
}

void ForEachLine(const std::filesystem::path& path,
                 const std::function<void(const TextLine&)>& visit) {
  const std::string content = ReadPlainText(path);
  TextLine line{.file = &path, .number = 0, .text = {}, .fields = {}};
  for (const std::string_view text : SplitLines(content)) {
    ++line.number;
    line.text = text;
    line.fields = SplitFields(text);
    if (!line.fields.empty()) visit(line);
  }
}

}  // namespace deeper
