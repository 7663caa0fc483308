#include "eval/drawing/text.h"

#include <fontconfig/fontconfig.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <opencv2/freetype.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "core/text/utf8.h"

namespace deeper {
namespace {

using Pattern =
    std::unique_ptr<FcPattern, decltype([](FcPattern* pattern) { FcPatternDestroy(pattern); })>;
using FontSet = std::unique_ptr<FcFontSet, decltype([](FcFontSet* set) { FcFontSetDestroy(set); })>;

// The bytes of the character that begins at `at` of a text in UTF-8.
std::size_t LengthAt(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  const std::size_t length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
  return std::min(length, text.size() - at);
}

std::uint32_t PointAt(std::string_view text, std::size_t at) {
  const std::size_t length = LengthAt(text, at);
  const auto first = static_cast<unsigned char>(text[at]);
  if (length == 1) return first;
  std::uint32_t point = first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    point = point << 6U | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  }
  return point;
}

// Characters that join, order or vary others and have no form of their own.
bool IsFormless(std::uint32_t point) {
  return (point >= 0x200B && point <= 0x200F) || (point >= 0x202A && point <= 0x202E) ||
         (point >= 0x2060 && point <= 0x2069) || (point >= 0xFE00 && point <= 0xFE0F) ||
         point == 0xFEFF;
}

// The fonts of this machine with outlines, those for plain text first.
class Fonts {
 public:
  Fonts() {
    if (FcInit() == FcFalse) return;
    const Pattern wanted(FcNameParse(reinterpret_cast<const FcChar8*>("sans-serif")));
    FcConfigSubstitute(nullptr, wanted.get(), FcMatchPattern);
    FcDefaultSubstitute(wanted.get());
    FcResult result = FcResultNoMatch;
    sorted_.reset(FcFontSort(nullptr, wanted.get(), FcTrue, nullptr, &result));
    if (sorted_ == nullptr) return;
    for (int i = 0; i < sorted_->nfont; ++i) Add(sorted_->fonts[i]);
  }

  struct Font {
    std::string file;
    int face = 0;
    const FcCharSet* characters = nullptr;
  };

  std::size_t size() const { return fonts_.size(); }
  const Font& at(std::size_t font) const { return fonts_.at(font); }

  bool Has(std::size_t font, std::uint32_t point) const {
    return FcCharSetHasChar(fonts_[font].characters, point) == FcTrue;
  }

  // The first font that has the character; nothing for none.
  std::optional<std::size_t> For(std::uint32_t point) const {
    for (std::size_t i = 0; i < fonts_.size(); ++i) {
      if (Has(i, point)) return i;
    }
    return std::nullopt;
  }

 private:
  void Add(FcPattern* pattern) {
    FcChar8* file = nullptr;
    FcCharSet* characters = nullptr;
    FcBool has_outline = FcFalse;
    FcBool has_colour = FcFalse;
    int face = 0;
    FcPatternGetBool(pattern, FC_OUTLINE, 0, &has_outline);
    FcPatternGetBool(pattern, FC_COLOR, 0, &has_colour);
    FcPatternGetInteger(pattern, FC_INDEX, 0, &face);
    if (has_outline == FcFalse || has_colour == FcTrue || face > 0xFFFF ||
        FcPatternGetString(pattern, FC_FILE, 0, &file) != FcResultMatch ||
        FcPatternGetCharSet(pattern, FC_CHARSET, 0, &characters) != FcResultMatch) {
      return;
    }
    fonts_.push_back(
        {.file = reinterpret_cast<const char*>(file), .face = face, .characters = characters});
  }

  FontSet sorted_;  // owns the files' names and the sets of characters
  std::vector<Font> fonts_;
};

const Fonts& MachineFonts() {
  static const Fonts fonts;
  return fonts;
}

// The font as a writer of this thread; nullptr for one that cannot be loaded.
cv::freetype::FreeType2* WriterOf(std::size_t font) {
  thread_local std::map<std::size_t, cv::Ptr<cv::freetype::FreeType2>> writers;
  const auto [entry, is_new] = writers.try_emplace(font);
  if (is_new) {
    try {
      cv::Ptr<cv::freetype::FreeType2> writer = cv::freetype::createFreeType2();
      writer->loadFontData(MachineFonts().at(font).file, MachineFonts().at(font).face);
      entry->second = writer;
    } catch (const cv::Exception&) {
      entry->second = nullptr;
    }
  }
  return entry->second.get();
}

// A part of a text that one font draws.
struct Run {
  std::string text;
  std::size_t font = 0;
};

std::vector<Run> RunsOf(std::string_view text) {
  const Fonts& fonts = MachineFonts();
  std::vector<Run> runs;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = LengthAt(text, at);
    const std::uint32_t point = PointAt(text, at);
    const bool goes_on = !runs.empty() && (IsFormless(point) || fonts.Has(runs.back().font, point));
    if (!goes_on) runs.push_back({.text = {}, .font = fonts.For(point).value_or(0)});
    runs.back().text += text.substr(at, length);
    at += length;
  }
  return runs;
}

// A font's size, of which capitals are about this part.
constexpr double kCapitals = 0.72;

int SizeFor(double letter_px) {
  return std::max(4, static_cast<int>(std::lround(letter_px / kCapitals)));
}

int WidthOf(const Run& run, double letter_px) {
  cv::freetype::FreeType2* writer = WriterOf(run.font);
  if (writer == nullptr || run.text.empty()) return 0;
  int below = 0;
  return writer->getTextSize(run.text, SizeFor(letter_px), -1, &below).width;
}

// OpenCV's strokes, where there is no font.
struct Strokes {
  int font = cv::FONT_HERSHEY_SIMPLEX;
  double scale = 1;
  int width_px = 1;
};

Strokes StrokesFor(double letter_px) {
  constexpr double kCapHeightAtScale1 = 22;  // pixels of a capital letter of both fonts
  constexpr double kSmall = 14;  // letters of double strokes close up when they are smaller
  return {.font = letter_px < kSmall ? cv::FONT_HERSHEY_SIMPLEX : cv::FONT_HERSHEY_DUPLEX,
          .scale = letter_px / kCapHeightAtScale1,
          .width_px = std::max(1, static_cast<int>(std::lround(letter_px / 14)))};
}

bool CanBeDrawn(std::uint32_t point) {
  if (point < 0x20 || point == 0x7F) return false;
  const Fonts& fonts = MachineFonts();
  if (fonts.size() == 0) return point < 0x7F;
  return IsFormless(point) || fonts.For(point).has_value();
}

}  // namespace

std::string DrawableText(std::string_view text) {
  const std::string whole = WithoutInvalidUtf8(text);
  std::string drawable;
  for (std::size_t at = 0; at < whole.size();) {
    const std::size_t length = LengthAt(whole, at);
    drawable += CanBeDrawn(PointAt(whole, at)) ? whole.substr(at, length) : "?";
    at += length;
  }
  return drawable;
}

std::string CharacterWithoutFont(std::string_view text) {
  const std::string whole = WithoutInvalidUtf8(text);
  for (std::size_t at = 0; at < whole.size();) {
    const std::size_t length = LengthAt(whole, at);
    const std::uint32_t point = PointAt(whole, at);
    if (point >= 0x20 && point != 0x7F && !CanBeDrawn(point)) return whole.substr(at, length);
    at += length;
  }
  return "";
}

int TextWidth(const std::string& text, double letter_px) {
  if (MachineFonts().size() == 0) {
    const Strokes strokes = StrokesFor(letter_px);
    int below = 0;
    return cv::getTextSize(text, strokes.font, strokes.scale, strokes.width_px, &below).width;
  }
  int width = 0;
  for (const Run& run : RunsOf(text)) width += WidthOf(run, letter_px);
  return width;
}

void PutText(cv::Mat& canvas,
             const std::string& text,
             cv::Point begin,
             double letter_px,
             const cv::Scalar& colour) {
  if (MachineFonts().size() == 0) {
    const Strokes strokes = StrokesFor(letter_px);
    cv::putText(
        canvas, text, begin, strokes.font, strokes.scale, colour, strokes.width_px, cv::LINE_AA);
    return;
  }
  for (const Run& run : RunsOf(text)) {
    cv::freetype::FreeType2* writer = WriterOf(run.font);
    if (writer == nullptr || run.text.empty()) continue;
    writer->putText(canvas, run.text, begin, SizeFor(letter_px), colour, -1, cv::LINE_AA, true);
    begin.x += WidthOf(run, letter_px);
  }
}

std::string CutToWidth(const std::string& text, double letter_px, int width_px) {
  // Where characters end. Of a text that is far too long only the beginning is measured: hardly a
  // letter is narrower than an eighth of its height.
  const auto most = static_cast<std::size_t>(8 * std::max(0, width_px) / letter_px) + 16;
  std::vector<std::size_t> ends = {0};
  while (ends.back() < text.size() && ends.size() <= most) {
    ends.push_back(ends.back() + LengthAt(text, ends.back()));
  }
  std::size_t fits = 0;  // so many characters do
  std::size_t tried = ends.size() - 1;
  std::size_t too_many = ends.size();
  while (fits + 1 < too_many) {
    if (TextWidth(text.substr(0, ends[tried]), letter_px) <= width_px) {
      fits = tried;
    } else {
      too_many = tried;
    }
    tried = fits + (too_many - fits) / 2;
  }
  return text.substr(0, ends[fits]);
}

}  // namespace deeper
