#include "tools/journal.h"

#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "core/file.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper::tools {
namespace {

const ClassTable kClasses = ClassTableOf({"cat", "dog"});

ImageDetections ResultNamed(const std::string& id) {
  return {.id = id,
          .width = 40,
          .height = 30,
          .detections = {{.box = {1.5F, 2, 10, 20.25F}, .class_id = ClassId{1}, .score = 0.1F}}};
}

TEST_CASE("a journal gives back what an earlier run appended") {
  const test::TemporaryDirectory directory;
  const std::filesystem::path path = directory / "journal.jsonl";
  {
    Journal journal(path, "options", kClasses);
    CHECK(journal.Done().empty());
    journal.Append(ResultNamed("a"));
    journal.Append(ResultNamed("b"));
  }
  const Journal again(path, "options", kClasses);
  CHECK(again.Done() == std::vector<ImageDetections>{ResultNamed("a"), ResultNamed("b")});
}

TEST_CASE("a torn last line is cut off and the run goes on behind the last whole one") {
  const test::TemporaryDirectory directory;
  const std::filesystem::path path = directory / "journal.jsonl";
  {
    Journal journal(path, "options", kClasses);
    journal.Append(ResultNamed("a"));
  }
  std::ofstream(path, std::ios::app) << R"({"image": "b", "wid)";
  {
    Journal journal(path, "options", kClasses);
    CHECK(journal.Done() == std::vector<ImageDetections>{ResultNamed("a")});
    journal.Append(ResultNamed("c"));
  }
  const Journal again(path, "options", kClasses);
  CHECK(again.Done() == std::vector<ImageDetections>{ResultNamed("a"), ResultNamed("c")});
}

TEST_CASE("a journal of another configuration is refused and kept") {
  const test::TemporaryDirectory directory;
  const std::filesystem::path path = directory / "journal.jsonl";
  {
    Journal journal(path, "options", kClasses);
    journal.Append(ResultNamed("a"));
  }
  const std::string before = ReadTextFile(path);
  CHECK_THROWS_WITH(Journal(path, "others", kClasses), Catch::Contains("other options or inputs"));
  CHECK(ReadTextFile(path) == before);
}

}  // namespace
}  // namespace deeper::tools
