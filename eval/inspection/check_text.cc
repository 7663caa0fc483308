#include "eval/inspection/check_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/text/json_line.h"
#include "core/text/quantities.h"
#include "core/text/text_table.h"
#include "core/text/utf8.h"

namespace deeper {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;

struct SetCounts {
  std::size_t pictures = 0;
  std::size_t without_objects = 0;
  std::size_t objects = 0;
};

SetCounts CountsOf(const CheckedSet& set) {
  SetCounts counts;
  for (const AnnotatedImage& image : set.read.dataset.images) {
    ++counts.pictures;
    if (image.annotations.empty()) ++counts.without_objects;
    counts.objects += image.annotations.size();
  }
  return counts;
}

std::string NameOf(const CheckedSet& set) {
  return set.name.empty() ? set.read.dataset.name : set.name;
}

std::string SetsTable(const DataCheck& check) {
  Rows rows = {{"set", "pictures", "without objects", "objects"}};
  for (const CheckedSet& set : check.sets) {
    const SetCounts counts = CountsOf(set);
    rows.push_back({NameOf(set),
                    std::to_string(counts.pictures),
                    std::to_string(counts.without_objects),
                    std::to_string(counts.objects)});
  }
  return AlignedTable(rows);
}

std::string ClassesTable(const DataCheck& check) {
  Rows rows = {{"class", "objects", "pictures"}};
  const bool has_several = check.sets.size() > 1;
  if (has_several) {
    for (const CheckedSet& set : check.sets) rows[0].push_back("in " + NameOf(set));
  }
  for (const CheckedClass& one : check.classes) {
    std::vector<std::string>& row = rows.emplace_back();
    row = {WithoutInvalidUtf8(one.name),
           std::to_string(one.Objects()),
           std::to_string(one.Pictures())};
    if (!has_several) continue;
    for (const ClassInSet& set : one.sets) row.push_back(std::to_string(set.objects));
  }
  return AlignedTable(rows);
}

std::string SizesText(const DataCheck& check) {
  std::string text;
  const auto size = [](const std::pair<int, int>& side) {
    return fmt::format("{} x {}", side.first, side.second);
  };
  if (check.picture_sizes) {
    text += fmt::format("pictures: {} to {} pixels, the median {}\n",
                        size(check.picture_sizes->smallest),
                        size(check.picture_sizes->largest),
                        size(check.picture_sizes->median));
  }
  if (check.box_sides) {
    text += fmt::format(
        "boxes: {0:.0f} x {0:.0f} to {1:.0f} x {1:.0f} pixels by their area, the median "
        "{2:.0f} x {2:.0f}\n",
        check.box_sides->smallest,
        check.box_sides->largest,
        check.box_sides->median);
  }
  if (check.turned > 0) {
    text += fmt::format("annotated as stored, though the EXIF orientation turns them: {}\n",
                        Counted(check.turned, "pictures"));
  }
  return text;
}

std::string FindingLine(const DataFinding& finding) {
  return WithoutInvalidUtf8(fmt::format("    {}{}: {}\n",
                                        finding.set.empty() ? "" : finding.set + ": ",
                                        finding.where,
                                        finding.what));
}

Json SizeJson(const std::pair<int, int>& size) { return {size.first, size.second}; }

template <typename Value, typename Make>
Json SpreadJson(const std::optional<Spread<Value>>& spread, const Make& make) {
  if (!spread) return nullptr;
  return {{"smallest", make(spread->smallest)},
          {"median", make(spread->median)},
          {"largest", make(spread->largest)}};
}

}  // namespace

std::string CheckText(const DataCheck& check, std::size_t places) {
  std::string text = SetsTable(check) + "\n" + ClassesTable(check) + "\n" + SizesText(check);
  if (check.findings.empty()) return text + "\nnothing is wrong\n";
  for (const DataFaultName& fault : kDataFaults) {
    const std::size_t count = check.Count(fault.fault);
    if (count == 0) continue;
    text += fmt::format("\n{}: {}\n", fault.title, count);
    std::size_t shown = 0;
    for (const DataFinding& finding : check.findings) {
      if (finding.fault != fault.fault) continue;
      if (places > 0 && shown == places) break;
      text += FindingLine(finding);
      ++shown;
    }
    if (shown < count) text += fmt::format("    ... and {} more\n", count - shown);
  }
  return text;
}

std::string CheckJson(const DataCheck& check, const std::string& name) {
  Json sets = Json::array();
  for (const CheckedSet& set : check.sets) {
    const SetCounts counts = CountsOf(set);
    sets.push_back({{"set", set.name},
                    {"pictures", counts.pictures},
                    {"without_objects", counts.without_objects},
                    {"objects", counts.objects}});
  }
  Json classes = Json::array();
  for (const CheckedClass& one : check.classes) {
    Json of_sets = Json::array();
    for (const ClassInSet& set : one.sets) {
      of_sets.push_back({{"objects", set.objects}, {"pictures", set.pictures}});
    }
    classes.push_back({{"class", one.name},
                       {"objects", one.Objects()},
                       {"pictures", one.Pictures()},
                       {"sets", std::move(of_sets)}});
  }
  Json faults = Json::object();
  for (const DataFaultName& fault : kDataFaults) {
    Json places = Json::array();
    for (const DataFinding& finding : check.findings) {
      if (finding.fault != fault.fault) continue;
      places.push_back({{"set", finding.set}, {"where", finding.where}, {"what", finding.what}});
    }
    faults[std::string(fault.name)] = std::move(places);
  }
  return LineOf({{"data", name},
                 {"sets", std::move(sets)},
                 {"classes", std::move(classes)},
                 {"picture_sizes", SpreadJson(check.picture_sizes, SizeJson)},
                 {"box_sides", SpreadJson(check.box_sides, [](double side) { return Json(side); })},
                 {"turned", check.turned},
                 {"faults", std::move(faults)}});
}

}  // namespace deeper
