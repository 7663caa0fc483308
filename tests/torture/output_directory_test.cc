// The directory of results is never input, and holds the results of one run.

#include <csignal>
#include <map>
#include <string>
#include <vector>

#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/torture/program.h"
#include "tests/torture/small_detector.h"
#include "tools/options/exit_status.h"

namespace deeper::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> NamesBelow(const fs::path& directory) {
  std::vector<std::string> names;
  for (const auto& [name, content] : FilesBelow(directory)) names.push_back(name);
  return names;
}

bool Says(const Ran& ran, const std::string& text) {
  return ran.text.find(text) != std::string::npos;
}

TEST_CASE("detection in the directory that its results lie in finds the same, however often") {
  const SmallDetector detector(4);
  const std::vector<std::string> words = {
      "detect", ".", "--model", detector.model.string(), "--precision", "f32"};
  const RunSetup here = {.directory = detector.pictures.string()};
  const fs::path output = detector.pictures / "deeper-out";
  const Ran first = RunDeeper(words, here);
  CAPTURE(first.text);
  REQUIRE(first.status == tools::kDone);
  const std::map<std::string, std::string> found = FilesBelow(output);
  CHECK(found.size() == 4 + 4);

  const Ran again = RunDeeper(words, here);
  CAPTURE(again.text);
  CHECK(again.status == tools::kDone);
  CHECK(Says(again, "that are output of this program (such as ./deeper-out)"));
  CHECK(FilesBelow(output) == found);

  // Stopped after it has drawn some, it goes on.
  fs::remove_all(output);
  RunSetup faulty = here;
  faulty.environment = Faults(output, "rename:kill:3");
  CHECK(RunDeeper(words, faulty).signal == SIGKILL);
  const Ran resumed = RunDeeper(words, here);
  CAPTURE(resumed.text);
  CHECK(resumed.status == tools::kDone);
  CHECK(FilesBelow(output) == found);
}

TEST_CASE("what a run draws beside its pictures is no input of the next") {
  const SmallDetector detector(2);
  const std::vector<std::string> words = {
      "detect", ".", "--model", detector.model.string(), "--precision", "f32", "--output", "."};
  const RunSetup here = {.directory = detector.pictures.string()};
  REQUIRE(RunDeeper(words, here).status == tools::kDone);
  const std::map<std::string, std::string> found = FilesBelow(detector.pictures);
  CHECK(found.size() == 2 + 2 + 4);
  const Ran again = RunDeeper(words, here);
  CAPTURE(again.text);
  CHECK(again.status == tools::kDone);
  CHECK(FilesBelow(detector.pictures) == found);

  const Ran drawings =
      RunDeeper({"detect", "drawings", "--model", detector.model.string(), "--output", "."}, here);
  CAPTURE(drawings.text);
  CHECK(drawings.status == tools::kFailed);
  CHECK(Says(drawings, "found none"));
}

TEST_CASE("a directory of results is that of the last run alone") {
  const SmallDetector detector(3);
  const fs::path output = detector / "found";
  const fs::path pictures = detector.pictures;
  const auto detect = [&](const std::vector<std::string>& inputs,
                          const std::vector<std::string>& more) {
    std::vector<std::string> words = {"detect",
                                      "--model",
                                      detector.model.string(),
                                      "--precision",
                                      "f32",
                                      "--output",
                                      output.string()};
    words.insert(words.end(), inputs.begin(), inputs.end());
    words.insert(words.end(), more.begin(), more.end());
    return RunDeeper(words);
  };
  REQUIRE(detect({pictures.string()}, {"--format", "jsonl,coco,voc"}).status == tools::kDone);
  CHECK(NamesBelow(output) == std::vector<std::string>{"detections.coco.json",
                                                       "detections.jsonl",
                                                       "drawings/p000.jpg",
                                                       "drawings/p001.jpg",
                                                       "drawings/p002.jpg",
                                                       "finished-journal.jsonl",
                                                       "voc/comp3_det_pictures_blue.txt",
                                                       "voc/comp3_det_pictures_red.txt",
                                                       "written.json"});
  // A file of the user's among them is not touched.
  WriteFileWhole(output / "notes.txt", "mine");
  const Ran other = detect({(pictures / "p001.jpg").string()}, {"--format", "ilsvrc"});
  CAPTURE(other.text);
  REQUIRE(other.status == tools::kDone);
  CHECK(Says(other, "removed 6 files of an earlier run"));
  CHECK(NamesBelow(output) == std::vector<std::string>{"detections.ilsvrc-images.txt",
                                                       "detections.ilsvrc.txt",
                                                       "drawings/p001.jpg",
                                                       "finished-journal.jsonl",
                                                       "notes.txt",
                                                       "written.json"});
  REQUIRE(detect({pictures.string()}, {"--no-drawings", "--format", "jsonl"}).status ==
          tools::kDone);
  CHECK(NamesBelow(output) ==
        std::vector<std::string>{
            "detections.jsonl", "finished-journal.jsonl", "notes.txt", "written.json"});

  // Nobody knows whose a result is that is on no list.
  WriteFileWhole(output / "drawings/p009.jpg", "whose?");
  const Ran refused = detect({pictures.string()}, {});
  CAPTURE(refused.text);
  CHECK(refused.status == tools::kFailed);
  CHECK(Says(refused, "p009.jpg: would lie among the results of this run"));
  CHECK(fs::exists(output / "detections.jsonl"));
}

TEST_CASE("a name that a format cannot hold is told before the first picture") {
  const SmallDetector detector(2);
  fs::rename(detector.pictures / "p001.jpg", detector.pictures / "p 1.jpg");
  for (const char* format : {"jsonl,voc", "jsonl,ilsvrc"}) {
    CAPTURE(format);
    const Ran ran = RunDeeper(detector.Detect(detector / "found", {"--format", format}));
    CAPTURE(ran.text);
    CHECK(ran.status == tools::kFailed);
    CHECK(Says(ran, "picture 'p 1': "));
    CHECK_FALSE(fs::exists(detector / "found"));
  }
}

}  // namespace
}  // namespace deeper::test
