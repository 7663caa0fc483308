#include "tools/verbs/classify_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/box.h"
#include "core/pictures/picture_files.h"
#include "core/text/json_line.h"
#include "core/text/quantities.h"

namespace deeper::tools {

namespace {

// Positions of the `count` largest values, largest first; ties by position.
std::vector<std::size_t> Largest(const std::vector<float>& values, std::size_t count) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  count = std::min(count, order.size());
  std::partial_sort(order.begin(),
                    order.begin() + static_cast<std::ptrdiff_t>(count),
                    order.end(),
                    [&](std::size_t a, std::size_t b) {
                      return values[a] != values[b] ? values[a] > values[b] : a < b;
                    });
  order.resize(count);
  return order;
}

// ILSVRC's localisation: whether one of five guesses is right and its box overlaps an object of the
// class by at least half. The box guessed is the whole picture: a classifier has no other.
bool IsLocalised(const Classified& classified, const LabelledPicture& truth) {
  const Box whole{.x0 = 0,
                  .y0 = 0,
                  .x1 = static_cast<float>(classified.width),
                  .y1 = static_cast<float>(classified.height)};
  for (const std::size_t guess : Largest(classified.probabilities, 5)) {
    for (std::size_t i = 0; i < truth.labels.size(); ++i) {
      if (truth.labels[i] == guess && Iou(whole, truth.boxes[i]) >= 0.5) return true;
    }
  }
  return false;
}

}  // namespace

void PrintClasses(const Picture& picture,
                  const Classified& classified,
                  const ClassTable& classes,
                  std::size_t count) {
  fmt::print("{}\n", picture.path.string());
  for (const std::size_t i : Largest(classified.probabilities, count))
    fmt::print("  {:.4f}  {}\n", classified.probabilities[i], classes.Name(ClassAt(i)));
}

void PrintClassesJson(const Picture& picture,
                      const Classified& classified,
                      const ClassTable& classes,
                      std::size_t count) {
  nlohmann::ordered_json line{{"image", picture.id}, {"classes", nlohmann::ordered_json::array()}};
  for (const std::size_t i : Largest(classified.probabilities, count)) {
    line["classes"].push_back({{"class", classes.Name(ClassAt(i))},
                               {"index", i},
                               {"probability", classified.probabilities[i]}});
  }
  fmt::print("{}\n", LineOf(line));
}

void ClassificationErrors::Add(const std::vector<float>& probabilities,
                               const std::vector<std::size_t>& labels) {
  const std::vector<std::size_t> best = Largest(probabilities, 5);
  const auto is_right = [&](std::size_t guess) {
    return std::ranges::find(labels, guess) != labels.end();
  };
  ++pictures;
  top_1 += is_right(best.at(0)) ? 0U : 1U;
  top_5 += std::ranges::any_of(best, is_right) ? 0U : 1U;
}

double ClassificationErrors::Top1() const {
  return static_cast<double>(top_1) / static_cast<double>(pictures);
}

double ClassificationErrors::Top5() const {
  return static_cast<double>(top_5) / static_cast<double>(pictures);
}

void ClassificationSummary::Add(const Classified& classified, const LabelledPicture& truth) {
  mean.Add(classified.probabilities, truth.labels);
  for (std::size_t m = 0; m < by_model.size(); ++m) {
    by_model[m].Add(classified.by_model[m], truth.labels);
  }
  if (not_localised && !IsLocalised(classified, truth)) ++*not_localised;
}

void PrintReport(const ClassificationSummary& report) {
  const auto row = [](const std::string& name, const ClassificationErrors& errors) {
    fmt::print("{:>11.2f}  {:>11.2f}  {}\n", 100 * errors.Top1(), 100 * errors.Top5(), name);
  };
  fmt::print("{}, {} {}\ntop-1 err %  top-5 err %\n",
             Counted(report.mean.pictures, "pictures"),
             report.crops,
             report.crops == 1 ? "crop" : "crops");
  for (std::size_t m = 0; m < report.files.size(); ++m) {
    row(report.files[m].string(), report.by_model[m]);
  }
  if (report.files.size() > 1) row(fmt::format("mean of {}", report.files.size()), report.mean);
  if (report.not_localised) {
    fmt::print("localisation error, the box being the whole picture: {:.2f} %\n",
               100 * static_cast<double>(*report.not_localised) /
                   static_cast<double>(report.mean.pictures));
  }
}

void PrintReportJson(const ClassificationSummary& report) {
  const auto json_of = [](const ClassificationErrors& errors) {
    return nlohmann::ordered_json{{"top1_error", errors.Top1()}, {"top5_error", errors.Top5()}};
  };
  nlohmann::ordered_json json = {{"pictures", report.mean.pictures},
                                 {"crops", report.crops},
                                 {"mean", json_of(report.mean)},
                                 {"models", nlohmann::ordered_json::array()}};
  for (std::size_t m = 0; m < report.files.size(); ++m) {
    nlohmann::ordered_json model = {{"file", report.files[m].string()}};
    model.update(json_of(report.by_model[m]));
    json["models"].push_back(std::move(model));
  }
  if (report.not_localised) {
    json["localisation_error"] =
        static_cast<double>(*report.not_localised) / static_cast<double>(report.mean.pictures);
  }
  fmt::print("{}\n", LineOf(json));
}

}  // namespace deeper::tools
