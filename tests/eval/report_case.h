#pragma once

#include <filesystem>
#include <string>

#include "core/files/file.h"
#include "eval/align.h"
#include "eval/drawing/draw.h"
#include "eval/report/report.h"
#include "tests/support/temporary_directory.h"

namespace deeper::test {

inline const std::string kHostile = "</script><script>document.title='owned'</script><b>&amp;\"'";

inline Box Square(float x0, float side = 40) {
  return {.x0 = x0, .y0 = 10, .x1 = x0 + side, .y1 = 10 + side};
}

// Three pictures of 200 x 100 with objects of two classes, one with a hostile name, and detections
// of every kind.
struct ReportCase {
  TemporaryDirectory directory;
  Dataset dataset{
      .name = kHostile, .classes = ClassTableOf({"cat", kHostile}), .images = {}, .blacklist = {}};
  DetectionSet detections;
  Evaluation evaluation;

  explicit ReportCase(bool with_pictures = true) {
    const ClassId cat{0};
    const ClassId hostile{1};
    for (const std::string id : {"one", "img src=x onerror=alert(1)", "caf\xE9"}) {
      const std::filesystem::path path = directory / (id + ".jpg");
      if (with_pictures) WriteFileWhole(path, EncodeJpeg(MakeImage(200, 100, 200, 120, 40)));
      dataset.images.push_back({.id = id,
                                .image_path = path,
                                .width = 200,
                                .height = 100,
                                .annotations = {{.box = Square(0), .class_id = cat},
                                                {.box = Square(60), .class_id = hostile}}});
    }
    dataset.images[2].annotations.push_back({.box = Square(150), .class_id = cat});
    DetectionSet found{.classes = dataset.classes, .images = {}};
    const auto add = [&](const Box& box, ClassId id, float score) {
      found.images.back().detections.push_back({.box = box, .class_id = id, .score = score});
    };
    found.images.push_back({.id = "one", .detections = {}});
    add(Square(0), cat, 0.9F);       // right
    add(Square(2), cat, 0.4F);       // duplicate
    add(Square(60), hostile, 0.8F);  // right
    found.images.push_back({.id = dataset.images[1].id, .detections = {}});
    add(Square(20), cat, 0.7F);  // badly placed
    add(Square(60), cat, 0.6F);  // wrong class
    found.images.push_back({.id = dataset.images[2].id, .detections = {}});
    add(Square(100), hostile, 0.5F);  // background
    detections = AlignDetections(dataset, found).detections;
    evaluation = Evaluate(dataset, detections, {});
  }
  // With proposals, the hostile object of the first picture and all of the others are covered by
  // none.
  std::string Page(const ReportOptions& options = {}, bool with_proposals = false) const {
    const std::vector<ProposalSource> proposals = {
        {.name = kHostile,
         .proposals = {{{.box = Square(0), .rank = 0}, {.box = Square(45), .rank = 1}}, {}, {}}}};
    return ReportHtml(
        {.dataset = dataset,
         .detections = detections,
         .evaluation = evaluation,
         .interval = ConfidenceInterval{.low = 0.1, .high = 0.9, .standard_error = 0.2},
         .configuration = {{"detections", kHostile}},
         .proposals = with_proposals ? std::span(proposals) : std::span<const ProposalSource>()},
        options);
  }
};

}  // namespace deeper::test
