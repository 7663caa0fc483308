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

// The page's document after its script ran, with this text after the '#' of its address.
std::string DocumentOf(const Made& made,
                       const std::string& fragment = "",
                       bool with_proposals = false) {
  const fs::path page = made.directory / "report.html";
  WriteFileWhole(page, made.Page({}, with_proposals));
  const std::string command =
      "cd '" + made.directory.path().string() +
      "' && HOME=. timeout 100 chromium --headless --no-sandbox --disable-gpu "
      "--virtual-time-budget=5000 --dump-dom 'file://" +
      page.string() + "#" + fragment + "' 2>/dev/null >document.html";
  REQUIRE(std::system(command.c_str()) == 0);  // NOLINT(concurrency-mt-unsafe): one thread
  return ReadTextFile(made.directory / "document.html");
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
