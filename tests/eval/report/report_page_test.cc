#include "eval/report/report_page.h"

#include <filesystem>
#include <utility>

#include "core/files/file.h"
#include "tests/support/catch.h"

using namespace deeper;

namespace {

std::string PageFile(const std::string& name) {
  return ReadTextFile(std::filesystem::path(DEEPER_REPORT_PAGE) / name);
}

}  // namespace

TEST_CASE("the page holds its style and its script as their files have them, byte for byte") {
  for (const auto& [script, file] : {std::pair(PageScript::kEvaluation, "report.js"),
                                     std::pair(PageScript::kDataCheck, "check.js")}) {
    const std::string page = ReportPage("{}", script);
    CHECK(page.find("<style>\n" + PageFile("report.css") + "</style>") != std::string::npos);
    CHECK(page.find("<script>\n" + PageFile("elements.js") + PageFile("page.js") + PageFile(file) +
                    "</script>") != std::string::npos);
    CHECK(page.starts_with("<!DOCTYPE html>\n"));
    CHECK(page.ends_with("</html>\n"));
  }
}

TEST_CASE("data that looks like a mark of the page stands in it as it is") {
  const std::string data = "{\"a\":\"{{script}}\n{{data}}\"}";
  const std::string page = ReportPage(data, PageScript::kEvaluation);
  CHECK(page.find("id=\"data\">" + data + "</script>") != std::string::npos);
  CHECK(page.size() == ReportPage("", PageScript::kEvaluation).size() + data.size());
}
