#include "eval/analysis/proposal_coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/text/utf8.h"

namespace deeper {

bool ObjectCoverage::Covered(double iou) const {
  return std::ranges::any_of(best, [&](const BestProposal& found) { return found.iou >= iou; });
}

ProposalSource AlignProposals(const Dataset& dataset,
                              const std::vector<ImageProposals>& images,
                              std::string name) {
  std::unordered_map<std::string, const ImageProposals*> by_id;
  for (const ImageProposals& image : images) by_id.emplace(image.id, &image);
  ProposalSource source{.name = std::move(name), .proposals = {}};
  for (const AnnotatedImage& image : dataset.images) {
    const auto found = by_id.find(image.id);
    if (found == by_id.end()) {
      throw Error(
          fmt::format("{}: has no proposals of picture '{}', expected those of all {} of "
                      "the data set",
                      source.name,
                      WithoutInvalidUtf8(image.id),
                      dataset.images.size()));
    }
    source.proposals.push_back(found->second->proposals);
  }
  return source;
}

std::vector<ObjectCoverage> CoverObjects(const Dataset& dataset,
                                         Protocol protocol,
                                         std::span<const ProposalSource> sources) {
  for (const ProposalSource& source : sources) {
    Expects(source.proposals.size() == dataset.images.size(), "proposals of every picture");
  }
  std::vector<ObjectCoverage> objects;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const std::vector<Annotation>& annotations = dataset.images[i].annotations;
    for (std::size_t a = 0; a < annotations.size(); ++a) {
      if (!CountsAsObject(dataset, i, annotations[a], protocol)) continue;
      ObjectCoverage object{.image = static_cast<std::uint32_t>(i),
                            .object = static_cast<std::uint32_t>(a),
                            .best = {}};
      for (const ProposalSource& source : sources) {
        BestProposal best;
        for (std::size_t p = 0; p < source.proposals[i].size(); ++p) {
          const double iou = Iou(source.proposals[i][p].box, annotations[a].box);
          if (iou > best.iou) best = {.iou = iou, .rank = static_cast<std::uint32_t>(p)};
        }
        object.best.push_back(best);
      }
      objects.push_back(std::move(object));
    }
  }
  return objects;
}

namespace {

// What proposals cover.
struct Counts {
  std::string name;
  double boxes = 0;  // a picture
  std::size_t covered = 0;
  std::size_t missed = 0;
};

// For each source, then for all together if there are several.
std::vector<Counts> CountAll(std::span<const ProposalSource> sources,
                             const std::vector<ObjectCoverage>& objects,
                             double iou) {
  std::vector<Counts> all;
  const auto add = [&](const std::string& name, double boxes, auto is_covered) {
    const auto covered = static_cast<std::size_t>(std::ranges::count_if(objects, is_covered));
    all.push_back(
        {.name = name, .boxes = boxes, .covered = covered, .missed = objects.size() - covered});
  };
  double all_boxes = 0;
  for (std::size_t s = 0; s < sources.size(); ++s) {
    double boxes = 0;
    for (const auto& list : sources[s].proposals) boxes += static_cast<double>(list.size());
    boxes /= static_cast<double>(std::max<std::size_t>(1, sources[s].proposals.size()));
    all_boxes += boxes;
    add(sources[s].name, boxes, [&](const ObjectCoverage& o) { return o.CoveredBy(s, iou); });
  }
  if (sources.size() > 1) {
    add("all together", all_boxes, [&](const ObjectCoverage& o) { return o.Covered(iou); });
  }
  return all;
}

}  // namespace

std::string CoverageTable(std::span<const ProposalSource> sources,
                          const std::vector<ObjectCoverage>& objects,
                          double iou) {
  std::string text = fmt::format("proposals, of {} objects at IoU {}\n", objects.size(), iou);
  for (const Counts& counts : CountAll(sources, objects, iou)) {
    text += fmt::format("{:>8.0f} boxes a picture  {:>6} covered  {:>6} missed ({:.2f} %)  {}\n",
                        counts.boxes,
                        counts.covered,
                        counts.missed,
                        objects.empty() ? 0.0
                                        : 100 * static_cast<double>(counts.missed) /
                                              static_cast<double>(objects.size()),
                        counts.name);
  }
  return text;
}

std::string CoverageJson(std::span<const ProposalSource> sources,
                         const std::vector<ObjectCoverage>& objects,
                         double iou) {
  nlohmann::ordered_json json = {
      {"iou", iou}, {"objects", objects.size()}, {"sources", nlohmann::ordered_json::array()}};
  for (const Counts& counts : CountAll(sources, objects, iou)) {
    const nlohmann::ordered_json entry = {{"name", WithoutInvalidUtf8(counts.name)},
                                          {"boxes", counts.boxes},
                                          {"covered", counts.covered},
                                          {"missed", counts.missed}};
    if (json["sources"].size() < sources.size()) {
      json["sources"].push_back(entry);
    } else {
      json["together"] = entry;
    }
  }
  return json.dump();
}

}  // namespace deeper
