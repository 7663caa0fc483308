#include "backbone/training/training_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"

namespace deeper {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kValidation = "validation_";

std::string TextOf(const TrainingLogLine& line) {
  nlohmann::ordered_json json = {{"step", line.step}};
  for (const auto& [name, value] : line.values) json[name] = value;
  return json.dump() + "\n";
}

TrainingLogLine Parse(std::string_view text, const fs::path& path, std::size_t number) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto refuse = [&] {
    return Error(fmt::format(
        "{}:{}: expected a line of a training's log, {{\"step\": 0, ...}}", path.string(), number));
  };
  if (!json.is_object() || !json.contains("step") || !json["step"].is_number_unsigned())
    throw refuse();
  TrainingLogLine line = {.step = json["step"].get<std::uint64_t>(), .values = {}};
  for (const auto& [name, value] : json.items()) {
    if (name == "step") continue;
    if (!value.is_number()) throw refuse();
    line.values[name] = value.get<double>();
  }
  return line;
}

struct Point {
  double step = 0;
  double value = 0;
};
using Curve = std::vector<Point>;

// Means over equal stretches of steps where there are more points than stretches.
Curve Thinned(const Curve& curve, double last_step) {
  constexpr std::size_t kStretches = 100;
  if (curve.size() <= kStretches) return curve;
  const double width = (last_step + 1) / static_cast<double>(kStretches);
  Curve means;
  for (std::size_t i = 0; i < curve.size();) {
    const double stretch = std::floor(curve[i].step / width);
    Point sum;
    std::size_t count = 0;
    for (; i < curve.size() && std::floor(curve[i].step / width) == stretch; ++i, ++count) {
      sum.step += curve[i].step;
      sum.value += curve[i].value;
    }
    const auto n = static_cast<double>(count);
    means.push_back({sum.step / n, sum.value / n});
  }
  return means;
}

struct Panel {
  std::string name;
  Curve training;
  Curve validation;
};

std::vector<Panel> PanelsOf(const std::vector<TrainingLogLine>& lines) {
  std::map<std::string, Panel> panels;
  for (const TrainingLogLine& line : lines) {
    for (const auto& [name, value] : line.values) {
      const bool is_validation = name.starts_with(kValidation);
      const std::string shown = is_validation ? name.substr(kValidation.size()) : name;
      Panel& panel = panels[shown];
      panel.name = shown;
      (is_validation ? panel.validation : panel.training)
          .push_back({static_cast<double>(line.step), value});
    }
  }
  std::vector<Panel> list;
  list.reserve(panels.size());
  for (auto& [name, panel] : panels) list.push_back(std::move(panel));
  return list;
}

constexpr double kWidth = 640;
constexpr double kHeight = 160;  // of a panel
constexpr double kLeft = 70;
constexpr double kRight = 15;
constexpr double kTop = 28;
constexpr double kBottom = 22;

// Maps a panel's values to pixels.
struct Axes {
  double last_step = 1;
  double low = 0;
  double high = 1;
  double top = 0;

  double X(double step) const { return kLeft + step / last_step * (kWidth - kLeft - kRight); }
  double Y(double value) const {
    return top + kHeight - kBottom - (value - low) / (high - low) * (kHeight - kTop - kBottom);
  }
};

std::string Polyline(const Curve& curve, const Axes& axes, const char* colour) {
  if (curve.empty()) return {};
  std::string points;
  for (const Point& point : curve)
    points += fmt::format("{:.1f},{:.1f} ", axes.X(point.step), axes.Y(point.value));
  return fmt::format("<polyline fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\" points=\"{}\"/>\n",
                     colour,
                     points);
}

std::string Text(double x, double y, const char* anchor, const std::string& text) {
  return fmt::format(
      "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, text);
}

std::string Draw(const Panel& panel, double last_step, double top) {
  constexpr const char* kTrainingColour = "#1f6fb4";
  constexpr const char* kValidationColour = "#d1601a";
  const Curve training = Thinned(panel.training, last_step);
  Axes axes = {
      .last_step = std::max(last_step, 1.0), .low = HUGE_VAL, .high = -HUGE_VAL, .top = top};
  for (const Curve* curve : {&training, &panel.validation}) {
    for (const Point& point : *curve) {
      axes.low = std::min(axes.low, point.value);
      axes.high = std::max(axes.high, point.value);
    }
  }
  if (!(axes.high > axes.low)) {
    const double room = std::max(std::abs(axes.low), 1e-3) / 10;
    axes.low -= room;
    axes.high += room;
  }
  std::string svg = fmt::format(
      "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"none\" "
      "stroke=\"#999\"/>\n",
      kLeft,
      top + kTop,
      kWidth - kLeft - kRight,
      kHeight - kTop - kBottom);
  svg += Text(kLeft, top + kTop - 8, "start", panel.name);
  if (!panel.validation.empty()) {
    svg += fmt::format("<g fill=\"{}\">{}</g>\n",
                       kValidationColour,
                       Text(kWidth - kRight,
                            top + kTop - 8,
                            "end",
                            fmt::format("validation, last {:.4g}", panel.validation.back().value)));
  }
  svg += Text(kLeft - 6, axes.Y(axes.high) + 4, "end", fmt::format("{:.4g}", axes.high));
  svg += Text(kLeft - 6, axes.Y(axes.low) + 4, "end", fmt::format("{:.4g}", axes.low));
  svg += Text(kLeft, top + kHeight - 6, "start", "0");
  svg += Text(kWidth - kRight, top + kHeight - 6, "end", fmt::format("step {:.0f}", last_step));
  return svg + Polyline(training, axes, kTrainingColour) +
         Polyline(panel.validation, axes, kValidationColour);
}

}  // namespace

TrainingLog::TrainingLog(fs::path path, std::uint64_t first_step) : path_(std::move(path)) {
  std::string kept;
  if (fs::exists(path_)) {
    const std::string text = ReadTextFile(path_);
    // A line without its end was being written when the training was killed.
    const std::string_view whole = std::string_view(text).substr(0, text.rfind('\n') + 1);
    std::size_t number = 0;
    for (const std::string_view line_text : SplitLines(whole)) {
      TrainingLogLine line = Parse(line_text, path_, ++number);
      if (line.step >= first_step) continue;
      kept += TextOf(line);
      lines_.push_back(std::move(line));
    }
  }
  WriteFileWhole(path_, std::string_view(kept));
  file_.reset(std::fopen(path_.c_str(), "a"));
  if (!file_) {
    throw Error(path_.string() + ": cannot open: " + std::generic_category().message(errno));
  }
}

void TrainingLog::Append(const TrainingLogLine& line) {
  const std::string text = TextOf(line);
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size() ||
      std::fflush(file_.get()) != 0) {
    throw Error(path_.string() + ": cannot write: " + std::generic_category().message(errno));
  }
  lines_.push_back(line);
}

std::string CurvesSvg(const std::vector<TrainingLogLine>& lines) {
  const std::vector<Panel> panels = PanelsOf(lines);
  const double last_step = lines.empty() ? 0 : static_cast<double>(lines.back().step);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
      "viewBox=\"0 0 {0:.0f} {1:.0f}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
      kWidth,
      kHeight * static_cast<double>(panels.size()));
  for (std::size_t i = 0; i < panels.size(); ++i)
    svg += Draw(panels[i], last_step, kHeight * static_cast<double>(i));
  return svg + "</svg>\n";
}

}  // namespace deeper
