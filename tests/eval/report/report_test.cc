#include "eval/report/report.h"

#include <string>

#include "core/error.h"
#include "tests/eval/report_case.h"
#include "tests/support/catch.h"

using namespace deeper;
using Made = test::ReportCase;

namespace {

std::size_t Count(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) {
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("the page names no other file or host and forbids itself every connection") {
  const std::string page = Made().Page();
  CHECK(page.find("default-src 'none'") != std::string::npos);
  CHECK(Count(page, "http://") == Count(page, "http://www.w3.org/2000/svg"));
  CHECK(page.find("https://") == std::string::npos);
  CHECK(page.find("src=\"") == std::string::npos);
  CHECK(Count(page, "href=") == 1);  // the empty icon
}

TEST_CASE("hostile names never stand in the page as markup") {
  const std::string page = Made().Page();
  CHECK(Count(page, "<script") == 2);
  CHECK(Count(page, "</script>") == 2);
  CHECK(page.find("<b>&amp;") == std::string::npos);
  CHECK(page.find("<img") == std::string::npos);
}

TEST_CASE(
    "with proposals the page shows the objects that none covers, and without it has no word of "
    "them") {
  const std::string with = Made().Page({}, true);
  CHECK(with.find("\"objects\":7,\"missed\":6") != std::string::npos);
  CHECK(Count(with, "\"kind\":\"NoProp\"") == 6);
  CHECK(with.find("best IoU 0.45, rank 2") != std::string::npos);
  const std::string without = Made().Page();
  CHECK(without.find("\"proposals\":null") != std::string::npos);
  CHECK(Count(without, "\"kind\":\"NoProp\"") == 0);
}

TEST_CASE("the page's confusions count by the IoU of its evaluation") {
  Made made;
  CHECK(made.Page().find("\"confusion\":[[0,0,1]") != std::string::npos);
  made.evaluation = Evaluate(made.dataset, made.detections, {.min_iou = 0.3});
  CHECK(made.Page({.errors = {.foreground_iou = 0.3}}).find("\"confusion\":[[0,0,2]") !=
        std::string::npos);
}

TEST_CASE("the same evaluation gives the same page") {
  const Made made;
  CHECK(made.Page() == made.Page());
}

TEST_CASE("without the picture files the page has the boxes alone") {
  const std::string with = Made().Page();
  const std::string without = Made(false).Page();
  CHECK(Count(with, "\"image\":\"/9j/") > 5);  // Base64 of a JPEG's first bytes
  CHECK(Count(without, "\"image\":") == 0);
  CHECK(Count(without, "\"marks\":") == Count(with, "\"marks\":"));
}

TEST_CASE("options bound what the page holds") {
  const Made made;
  CHECK(Count(made.Page({.gallery_size = 0, .picture_count = 0}), "\"marks\":") == 0);
  CHECK_THROWS_WITH(made.Page({.cutout_px = 1}), Catch::Contains("cutout_px"));
}

TEST_CASE("a curve of thousands of detections keeps its corners and stays small") {
  // One object found at once, 5000 false, and a second object found last.
  Made made;
  ClassResult& result = made.evaluation.classes[0];
  result.curve = {};
  const auto add = [&](double found, double all) {
    result.curve.recall.push_back(found / 2);
    result.curve.precision.push_back(found / all);
    result.curve.score.push_back(static_cast<float>(1 / all));
  };
  for (int i = 1; i <= 5001; ++i) add(1, i);
  add(2, 5002);
  const std::string page = made.Page();
  CHECK(page.find("\"curve\":[[0.5,1.0],[0.5,0.0002],[1.0,0.0004]]") != std::string::npos);
}

TEST_CASE("an empty evaluation has a page") {
  const Dataset nothing{.name = "none", .classes = {}, .images = {}, .blacklist = {}};
  const DetectionSet none;
  const Evaluation evaluation = Evaluate(nothing, none, {});
  CHECK_FALSE(
      ReportHtml({.dataset = nothing, .detections = none, .evaluation = evaluation}).empty());
}
