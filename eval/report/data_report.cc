#include "eval/report/data_report.h"

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/box.h"
#include "core/error.h"
#include "core/text/json_line.h"
#include "core/text/utf8.h"
#include "eval/report/report_page.h"
#include "eval/report/report_views.h"

namespace deeper {
namespace {

using Json = nlohmann::ordered_json;

std::string NameOf(const CheckedSet& set) {
  return set.name.empty() ? set.read.dataset.name : set.name;
}

Json SizeJson(const std::pair<int, int>& size) { return {size.first, size.second}; }

Json SummaryOf(const DataReportInput& input) {
  std::size_t pictures = 0;
  std::size_t objects = 0;
  std::size_t without = 0;
  for (const CheckedSet& set : input.check.sets) {
    for (const AnnotatedImage& image : set.read.dataset.images) {
      ++pictures;
      objects += image.annotations.size();
      if (image.annotations.empty()) ++without;
    }
  }
  Json summary = {{"data", input.name},
                  {"pictures", pictures},
                  {"objects", objects},
                  {"without", without},
                  {"turned", input.check.turned},
                  {"picture_sizes", nullptr},
                  {"box_sides", nullptr}};
  if (const auto& sizes = input.check.picture_sizes) {
    summary["picture_sizes"] = {{"median", SizeJson(sizes->median)}};
  }
  if (const auto& sides = input.check.box_sides) {
    summary["box_sides"] = {{"median", sides->median}};
  }
  return summary;
}

Json SetsOf(const DataCheck& check) {
  Json sets = Json::array();
  for (const CheckedSet& set : check.sets) {
    const std::vector<AnnotatedImage>& images = set.read.dataset.images;
    std::size_t objects = 0;
    for (const AnnotatedImage& image : images) objects += image.annotations.size();
    sets.push_back(
        {{"name", NameOf(set)},
         {"pictures", images.size()},
         {"without",
          std::ranges::count_if(
              images, [](const AnnotatedImage& image) { return image.annotations.empty(); })},
         {"objects", objects}});
  }
  return sets;
}

// What surrounds the boxes, so that small ones can be seen; else the whole picture.
Box PartAround(const DataFinding& finding, const AnnotatedImage& image) {
  constexpr float kAroundPx = 80;
  const auto whole = [](int side) {
    return side > 0 ? static_cast<float>(side) : std::numeric_limits<float>::max();
  };
  Box part = {.x0 = 0, .y0 = 0, .x1 = whole(image.width), .y1 = whole(image.height)};
  if (finding.fault != DataFault::kTinyBox || finding.boxes.empty()) return part;
  const Box& box = finding.boxes.front();
  return {.x0 = std::max(0.0F, box.x0 - kAroundPx),
          .y0 = std::max(0.0F, box.y0 - kAroundPx),
          .x1 = std::min(part.x1, box.x1 + kAroundPx),
          .y1 = std::min(part.y1, box.y1 + kAroundPx)};
}

// The pictures of all faults' findings, each rendered with the others of its set.
class Shots {
 public:
  Shots(const DataCheck& check, int shot_px) : check_(check), shot_px_(shot_px) {}

  // Returns the number under which Take gives the picture.
  std::size_t Add(const DataFinding& finding, const PictureOfSet& picture, bool with_boxes) {
    const AnnotatedImage& image = check_.sets[picture.set].read.dataset.images[picture.image];
    ReportView view{.image = picture.image,
                    .part = PartAround(finding, image),
                    .max_side_px = shot_px_,
                    .marks = {},
                    .entry = {{"set", check_.sets[picture.set].name}, {"note", finding.what}}};
    if (with_boxes) {
      for (const Box& box : finding.boxes) {
        view.marks.push_back({.box = box, .kind = "Cls", .label = ""});
      }
    }
    std::vector<ReportView>& of_set = views_[picture.set];
    of_set.push_back(std::move(view));
    places_.emplace_back(picture.set, of_set.size() - 1);
    return places_.size() - 1;
  }

  void Render() {
    for (const auto& [set, views] : views_) {
      entries_[set] = RenderViews(views, check_.sets[set].read.dataset);
    }
  }

  Json Take(std::size_t number) {
    const auto& [set, place] = places_[number];
    return std::move(entries_.at(set)[place]);
  }

 private:
  const DataCheck& check_;
  int shot_px_;
  std::map<std::size_t, std::vector<ReportView>> views_;  // by set
  std::map<std::size_t, std::vector<Json>> entries_;
  std::vector<std::pair<std::size_t, std::size_t>> places_;  // set and place in it
};

Json FaultsOf(const DataCheck& check, const DataReportOptions& options) {
  Json faults = Json::array();
  Shots shots(check, options.shot_px);
  std::vector<std::vector<std::size_t>> numbers;
  for (const DataFaultName& fault : kDataFaults) {
    Json places = Json::array();
    std::vector<std::size_t>& of_fault = numbers.emplace_back();
    std::size_t shown = 0;
    for (const DataFinding& finding : check.findings) {
      if (finding.fault != fault.fault) continue;
      if (places.size() < options.most_places) {
        places.push_back({finding.set, finding.where, finding.what});
      }
      const bool has_pixels =
          fault.fault != DataFault::kUnreadablePicture && fault.fault != DataFault::kMissingPicture;
      if (!finding.picture || !has_pixels || shown == options.most_shots) continue;
      ++shown;
      of_fault.push_back(shots.Add(finding, *finding.picture, true));
      if (finding.twin) of_fault.push_back(shots.Add(finding, *finding.twin, false));
    }
    faults.push_back({{"name", fault.name},
                      {"title", fault.title},
                      {"count", check.Count(fault.fault)},
                      {"places", std::move(places)}});
  }
  shots.Render();
  for (std::size_t f = 0; f < numbers.size(); ++f) {
    Json views = Json::array();
    for (const std::size_t number : numbers[f]) views.push_back(shots.Take(number));
    faults[f]["views"] = std::move(views);
  }
  return faults;
}

Json ClassesOf(const DataReportInput& input) {
  Json classes = Json::array();
  for (std::size_t c = 0; c < input.check.classes.size(); ++c) {
    const CheckedClass& one = input.check.classes[c];
    Json of_sets = Json::array();
    for (const ClassInSet& set : one.sets) of_sets.push_back(set.objects);
    Json entry = {{"name", one.name},
                  {"objects", one.Objects()},
                  {"pictures", one.Pictures()},
                  {"sets", std::move(of_sets)},
                  {"sheet", nullptr}};
    if (c < input.sheets.size() && !input.sheets[c].empty()) {
      entry["sheet"] = Base64(input.sheets[c]);
    }
    classes.push_back(std::move(entry));
  }
  return classes;
}

}  // namespace

std::string DataReportHtml(const DataReportInput& input, const DataReportOptions& options) {
  Expects(options.shot_px >= 16, "pictures that can be seen");
  const Json data = {{"summary", SummaryOf(input)},
                     {"sets", SetsOf(input.check)},
                     {"faults", FaultsOf(input.check, options)},
                     {"classes", ClassesOf(input)}};
  return ReportPage(ScriptSafe(LineOf(data)), PageScript::kDataCheck);
}

}  // namespace deeper
