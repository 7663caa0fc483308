#include "eval/report/report_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "core/box.h"
#include "core/text/float_text.h"
#include "core/text/utf8.h"
#include "eval/analysis/breakdown.h"
#include "eval/drawing/draw_thumbnail.h"
#include "eval/report/report_views.h"

namespace deeper {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFoundKind = "TP";

class Chooser {
 public:
  Chooser(const ReportInput& input,
          const ErrorAnalysis& analysis,
          const std::vector<ObjectCoverage>& coverage,
          const ReportOptions& options)
      : input_(input), analysis_(analysis), coverage_(coverage), options_(options) {
    for (const ClassResult& result : input.evaluation.classes) {
      const auto point = BestOperatingPoint(result.curve);
      least_scores_.push_back(point ? point->score : std::numeric_limits<float>::infinity());
    }
  }

  std::vector<ReportView> Gallery() const {
    std::vector<ReportView> views;
    if (options_.gallery_size == 0) return views;
    const std::size_t kinds = kErrorKinds + (coverage_.empty() ? 1 : 2);
    const std::size_t groups = kinds * std::max<std::size_t>(1, ClassesInUse());
    const std::size_t each =
        std::clamp<std::size_t>(static_cast<std::size_t>(options_.gallery_size) / groups, 1, 12);
    for (std::size_t c = 0; c < input_.evaluation.classes.size(); ++c) {
      AddDetections(c, each, views);
    }
    AddMissed(each, views);
    AddUncovered(each, views);
    return views;
  }

  std::vector<ReportView> BestAndWorst() const {
    const std::vector<Judged> judged = JudgePictures();
    std::vector<ReportView> views;
    const auto count =
        std::min(static_cast<std::size_t>(options_.picture_count), judged.size() / 2);
    for (std::size_t i = 0; i < count; ++i) views.push_back(WholePicture(judged[i], "best"));
    for (std::size_t i = 0; i < count; ++i) {
      views.push_back(WholePicture(judged[judged.size() - 1 - i], "worst"));
    }
    return views;
  }

 private:
  // A picture with its right, wrong and missed boxes at the classes' operating points.
  struct Judged {
    std::size_t image = 0;
    std::size_t found = 0;
    std::size_t wrong = 0;
    std::size_t missed = 0;
    std::vector<ReportMark> marks;

    double F1() const {
      const double all = static_cast<double>(2 * found + wrong + missed);
      return all == 0 ? 0 : 2 * static_cast<double>(found) / all;
    }
  };

  std::size_t ClassesInUse() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        input_.evaluation.classes,
        [](const ClassResult& result) { return result.objects > 0 || result.detections > 0; }));
  }

  const std::string& NameOf(ClassId id) const { return input_.dataset.classes.Name(id); }
  const Annotation& ObjectOf(std::size_t image, std::uint32_t object) const {
    return input_.dataset.images[image].annotations[object];
  }
  const Box& BoxOf(const Outcome& outcome) const {
    return input_.detections.images[outcome.image].detections[outcome.detection].box;
  }

  // The kind of a detection; nothing when it counts neither way.
  std::optional<std::string> KindOf(std::size_t c, std::size_t i) const {
    const Outcome& outcome = input_.evaluation.classes[c].outcomes[i];
    if (outcome.verdict == Verdict::kTruePositive) return std::string(kFoundKind);
    const std::optional<DetectionError>& error = analysis_.errors[c][i];
    if (!error) return std::nullopt;
    return std::string(kErrorKindNames.at(static_cast<std::size_t>(error->kind)));
  }

  // How a false positive relates to an object, and to which.
  std::string NoteOf(const Outcome& outcome, const DetectionError& error) const {
    std::string iou = fmt::format("IoU {:.2f}", error.iou);
    if (!error.object) return error.iou > 0 ? "on nothing, best " + iou : "on nothing";
    const std::string name = NameOf(ObjectOf(outcome.image, *error.object).class_id);
    switch (error.kind) {
      case ErrorKind::kClass:
        return fmt::format("is a {}, {}", name, iou);
      case ErrorKind::kLocation:
        return fmt::format("badly placed, {}", iou);
      case ErrorKind::kBoth:
        return fmt::format("near a {}, {}", name, iou);
      case ErrorKind::kDuplicate:
        return fmt::format("found already, {}", iou);
      case ErrorKind::kBackground:
      case ErrorKind::kMiss:
        break;
    }
    return iou;
  }

  ReportView DetectionView(std::size_t c, std::size_t i, const std::string& kind) const {
    const Outcome& outcome = input_.evaluation.classes[c].outcomes[i];
    const std::string& name = NameOf(ClassAt(c));
    ReportView view{
        .image = outcome.image,
        .part = BoxOf(outcome),
        .max_side_px = options_.cutout_px,
        .marks = {},
        .entry = {{"class", c}, {"kind", kind}, {"score", outcome.score}, {"note", ""}}};
    const std::optional<DetectionError>& error = analysis_.errors[c][i];
    std::optional<std::uint32_t> object = outcome.object;
    if (error) {
      object = error->object;
      view.entry["note"] = WithoutInvalidUtf8(NoteOf(outcome, *error));
    } else {
      view.entry["note"] = fmt::format("IoU {:.2f}", outcome.iou);
    }
    if (object) {
      const Annotation& annotation = ObjectOf(outcome.image, *object);
      view.marks.push_back(
          {.box = annotation.box, .kind = "truth", .label = NameOf(annotation.class_id)});
      view.part = {.x0 = std::min(view.part.x0, annotation.box.x0),
                   .y0 = std::min(view.part.y0, annotation.box.y0),
                   .x1 = std::max(view.part.x1, annotation.box.x1),
                   .y1 = std::max(view.part.y1, annotation.box.y1)};
    }
    view.marks.push_back({.box = BoxOf(outcome), .kind = kind, .label = name});
    view.part = WithMargin(view.part, 0.15);
    return view;
  }

  // The best `each` detections of every kind; they come by descending score.
  void AddDetections(std::size_t c, std::size_t each, std::vector<ReportView>& views) const {
    std::map<std::string, std::size_t> taken;
    for (std::size_t i = 0; i < input_.evaluation.classes[c].outcomes.size(); ++i) {
      const std::optional<std::string> kind = KindOf(c, i);
      if (!kind || taken[*kind] >= each) continue;
      ++taken[*kind];
      views.push_back(DetectionView(c, i, *kind));
    }
  }

  // Missed objects: the largest of each class, which one would least expect to be missed.
  void AddMissed(std::size_t each, std::vector<ReportView>& views) const {
    std::vector<MissedObject> missed = analysis_.missed;
    std::ranges::stable_sort(missed, std::ranges::greater{}, [&](const MissedObject& object) {
      return Area(ObjectOf(object.image, object.object).box);
    });
    std::map<ClassId, std::size_t> taken;
    for (const MissedObject& object : missed) {
      const Annotation& annotation = ObjectOf(object.image, object.object);
      if (object.covered || taken[annotation.class_id] >= each) continue;
      ++taken[annotation.class_id];
      views.push_back(
          {.image = object.image,
           .part = WithMargin(annotation.box, 0.15),
           .max_side_px = options_.cutout_px,
           .marks = {{.box = annotation.box, .kind = "Miss", .label = NameOf(annotation.class_id)}},
           .entry = {{"class", IndexOf(annotation.class_id)},
                     {"kind", "Miss"},
                     {"score", nullptr},
                     {"note", "found by nothing"}}});
    }
  }

  // Objects that no proposal covers: the largest of each class, with the best proposal of all.
  void AddUncovered(std::size_t each, std::vector<ReportView>& views) const {
    std::vector<ObjectCoverage> uncovered;
    for (const ObjectCoverage& object : coverage_) {
      if (!object.Covered(options_.errors.foreground_iou)) uncovered.push_back(object);
    }
    std::ranges::stable_sort(uncovered, std::ranges::greater{}, [&](const ObjectCoverage& object) {
      return Area(ObjectOf(object.image, object.object).box);
    });
    std::map<ClassId, std::size_t> taken;
    for (const ObjectCoverage& object : uncovered) {
      const Annotation& annotation = ObjectOf(object.image, object.object);
      if (taken[annotation.class_id]++ >= each) continue;
      ReportView view{.image = object.image,
                      .part = annotation.box,
                      .max_side_px = options_.cutout_px,
                      .marks = {{.box = annotation.box,
                                 .kind = "NoProp",
                                 .label = NameOf(annotation.class_id)}},
                      .entry = {{"class", IndexOf(annotation.class_id)},
                                {"kind", "NoProp"},
                                {"score", nullptr},
                                {"note", "no proposal near it"}}};
      const auto best = std::ranges::max_element(object.best, {}, &BestProposal::iou);
      if (best != object.best.end() && best->rank) {
        const auto source = static_cast<std::size_t>(best - object.best.begin());
        const Box& box = input_.proposals[source].proposals[object.image][*best->rank].box;
        view.marks.push_back({.box = box, .kind = "proposal", .label = "best proposal"});
        view.part = {.x0 = std::min(view.part.x0, box.x0),
                     .y0 = std::min(view.part.y0, box.y0),
                     .x1 = std::max(view.part.x1, box.x1),
                     .y1 = std::max(view.part.y1, box.y1)};
        view.entry["note"] = fmt::format("best IoU {:.2f}, rank {}", best->iou, *best->rank + 1);
      }
      view.part = WithMargin(view.part, 0.15);
      views.push_back(std::move(view));
    }
  }

  // Pictures with objects or detections at their operating points, best first.
  std::vector<Judged> JudgePictures() const {
    std::vector<Judged> judged(input_.dataset.images.size());
    for (std::size_t i = 0; i < judged.size(); ++i) judged[i].image = i;
    std::set<std::pair<std::uint32_t, std::uint32_t>> found;
    for (std::size_t c = 0; c < input_.evaluation.classes.size(); ++c) {
      const std::vector<Outcome>& outcomes = input_.evaluation.classes[c].outcomes;
      for (std::size_t i = 0; i < outcomes.size(); ++i) {
        if (outcomes[i].score < least_scores_[c]) break;
        const std::optional<std::string> kind = KindOf(c, i);
        if (!kind) continue;
        Judged& picture = judged[outcomes[i].image];
        const bool is_right = *kind == kFoundKind;
        ++(is_right ? picture.found : picture.wrong);
        if (is_right) found.emplace(outcomes[i].image, *outcomes[i].object);
        picture.marks.push_back({.box = BoxOf(outcomes[i]),
                                 .kind = *kind,
                                 .label = NameOf(ClassAt(c)) + " " + ScoreText(outcomes[i].score)});
      }
    }
    for (std::size_t i = 0; i < judged.size(); ++i) {
      const std::vector<Annotation>& annotations = input_.dataset.images[i].annotations;
      for (std::size_t a = 0; a < annotations.size(); ++a) {
        const auto key = std::pair(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(a));
        const bool counts =
            CountsAsObject(input_.dataset, i, annotations[a], input_.evaluation.protocol);
        if (!counts || found.contains(key)) continue;
        ++judged[i].missed;
        judged[i].marks.push_back(
            {.box = annotations[a].box, .kind = "Miss", .label = NameOf(annotations[a].class_id)});
      }
    }
    std::erase_if(judged, [](const Judged& picture) { return picture.marks.empty(); });
    // Of equals, the one with more objects is the greater success or failure.
    std::ranges::stable_sort(judged, std::ranges::greater{}, [](const Judged& picture) {
      const double weight =
          static_cast<double>(picture.found) - static_cast<double>(picture.wrong + picture.missed);
      return std::tuple(picture.F1(), weight);
    });
    return judged;
  }

  ReportView WholePicture(const Judged& judged, const char* rank) const {
    const AnnotatedImage& image = input_.dataset.images[judged.image];
    const auto whole = [](int side) {
      return side > 0 ? static_cast<float>(side) : std::numeric_limits<float>::max();
    };
    return {.image = judged.image,
            .part = {.x0 = 0, .y0 = 0, .x1 = whole(image.width), .y1 = whole(image.height)},
            .max_side_px = options_.picture_px,
            .marks = judged.marks,
            .entry = {{"rank", rank},
                      {"f1", judged.F1()},
                      {"found", judged.found},
                      {"wrong", judged.wrong},
                      {"missed", judged.missed}}};
  }

  const ReportInput& input_;
  const ErrorAnalysis& analysis_;
  const std::vector<ObjectCoverage>& coverage_;
  const ReportOptions& options_;
  std::vector<float> least_scores_;  // by class
};

}  // namespace

ReportPictures ChooseReportPictures(const ReportInput& input,
                                    const ErrorAnalysis& analysis,
                                    const std::vector<ObjectCoverage>& coverage,
                                    const ReportOptions& options) {
  const Chooser chooser(input, analysis, coverage, options);
  std::vector<ReportView> views = chooser.BestAndWorst();
  const std::size_t pictures = views.size();
  std::ranges::move(chooser.Gallery(), std::back_inserter(views));
  const std::vector<Json> entries = RenderViews(views, input.dataset);
  const auto middle = entries.begin() + static_cast<std::ptrdiff_t>(pictures);
  return {.pictures_json = Json(std::vector<Json>(entries.begin(), middle)).dump(),
          .gallery_json = Json(std::vector<Json>(middle, entries.end())).dump()};
}

}  // namespace deeper
