#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <string_view>

// Not a public header: it carries OpenCV.

namespace deeper {

// Text in pictures, in every script that a font of this machine has. fontconfig finds the fonts,
// FreeType and HarfBuzz draw them; each part of a text is drawn in the first font that has its
// letters. Where there is no font at all, OpenCV's strokes draw ASCII, and "?" for all else. All of
// it is safe from several threads.

// `text` as it can be drawn: U+FFFD for bytes that are not UTF-8, "?" for control characters and,
// where no font has them, for other characters.
std::string DrawableText(std::string_view text);

// The first character of `text` that no font has, as UTF-8; "" for none.
std::string CharacterWithoutFont(std::string_view text);

// The width in pixels of a drawable text whose capitals are letter_px high.
int TextWidth(const std::string& text, double letter_px);

// Draws a drawable text. begin: where its base line begins. What lies outside the canvas is cut
// off.
void PutText(cv::Mat& canvas,
             const std::string& text,
             cv::Point begin,
             double letter_px,
             const cv::Scalar& colour);

// The longest beginning of a drawable text, in whole characters, that is no wider than `width_px`.
std::string CutToWidth(const std::string& text, double letter_px, int width_px);

}  // namespace deeper
