#include "eval/report/data_report.h"

#include "core/files/file.h"
#include "eval/drawing/draw.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace deeper;

namespace {

const std::string kHostile = "</script><script>alert(1)</script><b>&amp;\"'\xE9";

std::size_t Count(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) {
    ++count;
  }
  return count;
}

// Two sets that share a picture, with a tiny box and names that would be markup.
struct Case {
  test::TemporaryDirectory directory;
  DataCheck check;

  Case() {
    std::vector<CheckedSet> sets;
    for (const std::string name : {"train", "test"}) {
      WriteFileWhole(directory / (name + ".jpg"), EncodeJpeg(MakeImage(200, 100, 200, 120, 40)));
      CheckedSet& set = sets.emplace_back();
      set.name = name;
      set.read.dataset.classes = ClassTableOf({kHostile});
      set.read.dataset.images.push_back(
          {.id = kHostile + name,
           .image_path = directory / (name + ".jpg"),
           .annotations = {{.box = {.x0 = 10, .y0 = 10, .x1 = 13, .y1 = 50}}}});
    }
    check = CheckData(std::move(sets), {});
  }
  std::string Page() const {
    return DataReportHtml({.check = check, .name = kHostile, .sheets = {{0xFF, 0xD8}}});
  }
};

}  // namespace

TEST_CASE("the page of a data set shows findings with their pictures, and hostile names as text") {
  const Case made;
  CHECK(made.check.Count(DataFault::kTinyBox) == 2);
  CHECK(made.check.Count(DataFault::kSharedPicture) == 1);
  const std::string page = made.Page();
  CHECK(page == made.Page());
  CHECK(Count(page, "<script") == 2);
  CHECK(Count(page, "</script>") == 2);
  CHECK(Count(page, "<b>") == 0);
  CHECK(Count(page, "\"image\":\"/9j/") == 4);  // two tiny boxes, and two of a shared picture
  CHECK(page.find("\"sheet\":\"/9g=\"") != std::string::npos);
  CHECK(page.find("default-src 'none'") != std::string::npos);
  CHECK(Count(page, "http://") == Count(page, "http://www.w3.org/2000/svg"));
}

TEST_CASE("options bound what the page of a data set holds, and an empty one has a page") {
  const Case made;
  const std::string page =
      DataReportHtml({.check = made.check, .name = "d"}, {.most_places = 1, .most_shots = 0});
  CHECK(Count(page, "\"image\":\"") == 0);
  CHECK(Count(page, "pixels at") == 1);
  CHECK_FALSE(DataReportHtml({.check = {}, .name = ""}).empty());
}
