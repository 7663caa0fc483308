#include "eval/drawing/colours.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/text/nearest_name.h"

namespace deeper {
namespace {

constexpr std::size_t kMostDistinct = 64;

// HSV to RGB, for n = 5, 3, 1 and a hue of 0 to 6:
//   k = (n + hue) mod 6,
//   channel = v (1 - s max(0, min(k, 4 - k, 1))).
Colour ColourOfHsv(double hue, double saturation, double value) {
  const auto channel = [&](double n) {
    const double k = std::fmod(n + hue, 6);
    const double part = value * (1 - saturation * std::clamp(std::min(k, 4 - k), 0.0, 1.0));
    return static_cast<std::uint8_t>(std::lround(255 * part));
  };
  return {channel(1), channel(3), channel(5)};
}

constexpr int kHues = 36;
constexpr int kBrightTones = 4;             // the first ones
constexpr std::size_t kBrightColours = 22;  // as many are chosen of these tones alone

// 36 hues in seven tones, none near white, grey or black.
std::vector<Colour> Candidates() {
  constexpr std::array<std::pair<double, double>, 7> kTones = {
      {{0.95, 1}, {0.6, 1}, {0.4, 1}, {0.9, 0.8}, {0.9, 0.65}, {0.55, 0.7}, {0.9, 0.45}}};
  std::vector<Colour> candidates;
  for (const auto& [saturation, value] : kTones) {
    for (int hue = 0; hue < kHues; ++hue) {
      candidates.push_back(ColourOfHsv(6.0 * hue / kHues, saturation, value));
    }
  }
  return candidates;
}

cv::Vec3f LabOf(const Colour& colour) {
  const cv::Mat bgr(
      1, 1, CV_32FC3, cv::Scalar(colour[0] / 255.0, colour[1] / 255.0, colour[2] / 255.0));
  cv::Mat lab;
  cv::cvtColor(bgr, lab, cv::COLOR_BGR2Lab);
  return lab.at<cv::Vec3f>(0, 0);
}

// The first kMostDistinct of DistinctColours.
std::vector<Colour> ChooseColours() {
  const std::vector<Colour> candidates = Candidates();
  std::vector<cv::Vec3f> labs;
  for (const Colour& candidate : candidates) labs.push_back(LabOf(candidate));
  std::vector<float> distances(candidates.size(), std::numeric_limits<float>::infinity());
  const auto keep_away_from = [&](const cv::Vec3f& lab) {
    for (std::size_t i = 0; i < labs.size(); ++i) {
      distances[i] = std::min(distances[i], static_cast<float>(cv::norm(labs[i] - lab)));
    }
  };
  for (const Colour& tone : {Colour{0, 0, 0}, Colour{128, 128, 128}, Colour{255, 255, 255}}) {
    keep_away_from(LabOf(tone));
  }
  std::vector<Colour> chosen;
  while (chosen.size() < kMostDistinct) {
    const auto end =
        chosen.size() < kBrightColours ? distances.begin() + kHues * kBrightTones : distances.end();
    const auto next =
        static_cast<std::size_t>(std::max_element(distances.begin(), end) - distances.begin());
    chosen.push_back(candidates[next]);
    keep_away_from(labs[next]);
  }
  return chosen;
}

struct NamedColour {
  const char* name;
  Colour bgr;
};

constexpr NamedColour kNamed[] = {{"white", {255, 255, 255}},
                                  {"black", {0, 0, 0}},
                                  {"red", {0, 0, 255}},
                                  {"orange", {0, 140, 255}},
                                  {"yellow", {0, 255, 255}},
                                  {"green", {0, 200, 0}},
                                  {"cyan", {255, 255, 0}},
                                  {"blue", {255, 0, 0}},
                                  {"magenta", {255, 0, 255}},
                                  {"pink", {180, 105, 255}},
                                  {"brown", {20, 70, 140}},
                                  {"grey", {128, 128, 128}}};

std::optional<Colour> FromHexadecimal(std::string_view text) {
  if (text.size() != 7 || text.front() != '#') return std::nullopt;
  std::uint32_t rgb = 0;
  const auto [end, code] = std::from_chars(text.data() + 1, text.data() + text.size(), rgb, 16);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  const auto byte = [&](unsigned shift) { return static_cast<std::uint8_t>(rgb >> shift & 0xFFU); };
  return Colour{byte(0), byte(8), byte(16)};
}

}  // namespace

std::vector<Colour> DistinctColours(std::size_t count) {
  static const std::vector<Colour> chosen = ChooseColours();
  std::vector<Colour> colours;
  colours.reserve(count);
  for (std::size_t i = 0; i < count; ++i) colours.push_back(chosen[i % chosen.size()]);
  return colours;
}

Colour ContrastTo(const Colour& colour) {
  const auto linear = [](double value) {
    const double c = value / 255;
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  const double luminance =
      0.0722 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.2126 * linear(colour[2]);
  // From this luminance on black has the higher ratio.
  return luminance > 0.179 ? Colour{0, 0, 0} : Colour{255, 255, 255};
}

Colour ColourFromText(std::string_view text) {
  if (const std::optional<Colour> colour = FromHexadecimal(text)) return *colour;
  std::vector<std::string> names;
  for (const NamedColour& named : kNamed) {
    if (named.name == text) return named.bgr;
    names.emplace_back(named.name);
  }
  const std::optional<std::string> near = NearestName(std::string(text), names);
  throw Error(fmt::format("expected a colour, #rrggbb or one of {}, found '{}'{}",
                          fmt::join(names, ", "),
                          text,
                          near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

}  // namespace deeper
