// The report in a real browser: Debian's chromium, without a window.
#include <cstdlib>
#include <string>

#include "core/files/file.h"
#include "tests/eval/report_case.h"
#include "tests/support/catch.h"

using namespace deeper;
using Made = test::ReportCase;

namespace {

namespace fs = std::filesystem;

bool HasChromium() {
  return std::system("command -v chromium >/dev/null 2>&1") == 0;  // NOLINT(concurrency-mt-unsafe)
}

// The document of a page after its script ran, with this text after the '#' of its address.
std::string DocumentOfPage(const Made& made,
                           const std::string& html,
                           const std::string& fragment = "") {
  const fs::path page = made.directory / "report.html";
  WriteFileWhole(page, html);
  const std::string command =
      "cd '" + made.directory.path().string() +
      "' && HOME=. timeout 100 chromium --headless --no-sandbox --disable-gpu "
      "--virtual-time-budget=5000 --dump-dom 'file://" +
      page.string() + "#" + fragment + "' 2>/dev/null >document.html";
  REQUIRE(std::system(command.c_str()) == 0);  // NOLINT(concurrency-mt-unsafe): one thread
  return ReadTextFile(made.directory / "document.html");
}

std::string DocumentOf(const Made& made,
                       const std::string& fragment = "",
                       bool with_proposals = false) {
  return DocumentOfPage(made, made.Page({}, with_proposals), fragment);
}

// The page with a script behind its own.
std::string WithScript(std::string page, const std::string& script) {
  return page.insert(page.rfind("</body>"), "<script>" + script + "</script>");
}

// The text between `begin` and `end`.
std::string Between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t from = text.find(begin);
  REQUIRE(from != std::string::npos);
  const std::size_t to = text.find(end, from + begin.size());
  REQUIRE(to != std::string::npos);
  return text.substr(from + begin.size(), to - from - begin.size());
}

}  // namespace

#define DEEPER_REQUIRE_CHROMIUM()    \
  if (!HasChromium()) {              \
    WARN("skipped: needs chromium"); \
    return;                          \
  }

TEST_CASE("in Chromium the page draws itself without an error, whatever the names") {
  DEEPER_REQUIRE_CHROMIUM();
  const std::string document = DocumentOf(Made());
  CHECK(document.find("data-ready=\"1\"") != std::string::npos);
  CHECK(document.find("data-errors=\"0\"") != std::string::npos);
  CHECK(Between(document, "<title>", "</title>").find("mAP") != std::string::npos);
  CHECK(document.find("&lt;/script&gt;&lt;script&gt;document.title") != std::string::npos);
  // Two right, one each of Dupe, Loc, Cls and Bkg, and the three objects of the third picture.
  CHECK(Between(document, "id=\"shown\" class=\"caption\">", "<") == "9 of 9");
}

TEST_CASE("in Chromium the table sorts and the gallery filters by class, kind and score") {
  DEEPER_REQUIRE_CHROMIUM();
  const auto first_class = [](const std::string& document) {
    return Between(Between(document, "<tbody id=\"classes\">", "</tbody>"), "title=\"", "\"");
  };
  const auto shown = [](const std::string& document) {
    return Between(document, "id=\"shown\" class=\"caption\">", "<");
  };
  const Made made;
  std::string document = DocumentOf(made, "sort=detections&order=down&class=cat");
  CHECK(first_class(document) == "cat");
  CHECK(shown(document) == "6 of 9");  // one right, Dupe, Loc, Cls and two missed
  document = DocumentOf(made, "sort=detections&order=up&kind=Miss,Bkg");
  CHECK(first_class(document).find("script") != std::string::npos);
  CHECK(shown(document) == "4 of 9");
  document = DocumentOf(made, "kind=TP,Cls,Loc,Dupe,Bkg&score=0.65&theme=dark");
  CHECK(shown(document) == "3 of 9");
  CHECK(document.find("data-theme=\"dark\"") != std::string::npos);
  CHECK(document.find("data-errors=\"0\"") != std::string::npos);
}

TEST_CASE("in Chromium objects without a proposal have a section and a kind of their own") {
  DEEPER_REQUIRE_CHROMIUM();
  const std::string document = DocumentOf(Made(), "kind=NoProp", true);
  CHECK(document.find("data-errors=\"0\"") != std::string::npos);
  CHECK(document.find("6 of 7 objects") != std::string::npos);
  CHECK(Between(document, "id=\"shown\" class=\"caption\">", "<") == "6 of 15");
}

TEST_CASE("in Chromium an address with filters opens at the gallery, one without at the top") {
  DEEPER_REQUIRE_CHROMIUM();
  const Made made;
  const std::string page =
      WithScript(made.Page(), "document.documentElement.dataset.down = String(scrollY > 300)");
  CHECK(DocumentOfPage(made, page, "class=cat").find("data-down=\"true\"") != std::string::npos);
  CHECK(DocumentOfPage(made, page, "sort=ap").find("data-down=\"false\"") != std::string::npos);
  CHECK(DocumentOfPage(made, page, "class=cat&kind=Bkg").find("id=\"none\"") != std::string::npos);
}

TEST_CASE("in Chromium curves stand two to a row where the window is narrow") {
  DEEPER_REQUIRE_CHROMIUM();
  const Made made;
  // A frame of a phone's width within the window.
  WriteFileWhole(made.directory / "inner.html",
                 WithScript(made.Page(),
                            "parent.postMessage(getComputedStyle(document.querySelector('.curves'))"
                            ".gridTemplateColumns.split(' ').length, '*')"));
  const std::string document = DocumentOfPage(
      made,
      "<body><script>addEventListener('message', m => { document.body.dataset.columns = m.data; })"
      "</script><iframe src='inner.html' width=390 height=800></iframe></body>");
  CHECK(document.find("data-columns=\"2\"") != std::string::npos);
}

TEST_CASE("in Chromium a page of nothing says what there is not") {
  DEEPER_REQUIRE_CHROMIUM();
  const auto notice = [](Made& made) {
    made.evaluation = Evaluate(made.dataset, made.detections, {});
    const std::string document = DocumentOf(made);
    CHECK(document.find("data-errors=\"0\"") != std::string::npos);
    return Between(document, "id=\"notice\" role=\"note\">", "<");
  };
  Made no_detections;
  for (ImageDetections& image : no_detections.detections.images) image.detections.clear();
  CHECK(notice(no_detections).find("Nothing was detected") == 0);
  Made no_objects;
  for (AnnotatedImage& image : no_objects.dataset.images) image.annotations.clear();
  CHECK(notice(no_objects).find("No object counts in the 3 pictures") == 0);
  Made none_right;
  for (AnnotatedImage& image : none_right.dataset.images) {
    for (Annotation& annotation : image.annotations) annotation.box = test::Square(1000);
  }
  CHECK(notice(none_right).find("None of the 6 detections is right") == 0);
  CHECK(DocumentOf(Made()).find("id=\"notice\"") == std::string::npos);
}
