// Files as they come from the field: the cases of the data directory with what is expected of them.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/files/file.h"
#include "core/pictures/read_image.h"
#include "tests/support/captured_output.h"
#include "tests/support/catch.h"
#include "tests/support/data.h"
#include "tests/support/temporary_directory.h"
#include "tests/tools/run_verb.h"
#include "tools/options/exit_status.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

// A copy of a case, which is the working directory while this lives.
class Case {
 public:
  Case(const fs::path& data, const std::string& number) : before_(fs::current_path()) {
    for (const fs::directory_entry& entry : fs::directory_iterator(data / "field_cases")) {
      if (entry.path().filename().string().starts_with(number)) {
        fs::copy(entry.path(), copy_ / "case", fs::copy_options::recursive);
      }
    }
    fs::current_path(copy_ / "case");
  }
  Case(const Case&) = delete;
  Case& operator=(const Case&) = delete;
  ~Case() { fs::current_path(before_); }

 private:
  test::TemporaryDirectory copy_;
  fs::path before_;
};

// The mean average precision that "evaluate <words>" prints of its only metric.
nlohmann::json MapOf(const std::vector<std::string>& words) {
  std::vector<std::string> all = {"evaluate", "--json"};
  all.insert(all.end(), words.begin(), words.end());
  test::CapturedOutput output;
  REQUIRE(test::RunWords(all) == kDone);
  return nlohmann::json::parse(output.Text())["mean_average_precision"];
}

std::string Converted(const std::vector<std::string>& words, int status = kDone) {
  std::vector<std::string> all = {"convert", "--to", "csv", "--output", "o.csv"};
  all.insert(all.end(), words.begin(), words.end());
  REQUIRE(test::RunWords(all) == status);
  return ReadTextFile("o.csv");
}

// The proposals of a run, a line a picture.
std::vector<nlohmann::json> Proposed(const std::vector<std::string>& words, int status) {
  std::vector<std::string> all = {"propose", "--workers", "1", "--output", "p.jsonl"};
  all.insert(all.end(), words.begin(), words.end());
  REQUIRE(test::RunWords(all) == status);
  const std::string text = ReadTextFile("p.jsonl");
  std::vector<nlohmann::json> lines;
  for (const std::string_view line : SplitLines(text)) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

TEST_CASE("truth and detections of the field give the precision that is in them") {
  DEEPER_REQUIRE_DATA(data);
  struct Expected {
    const char* number;
    std::vector<std::string> words;
    double map;
  };
  const std::string found = "found.jsonl";
  for (const Expected& expected : std::vector<Expected>{
           {"03",
            {"--data", "voc:data", "--set", "test", "--detections", found, "--metric", "voc07"},
            6.0 / 11},
           {"03",
            {"--data", "voc:data", "--set", "test", "--detections", found, "--metric", "voc12"},
            0.5},
           {"05", {"--data", "coco:truth.json", "--detections", "found.json"}, 1},
           {"06", {"--data", "coco:_annotations.coco.json,.", "--detections", "found.json"}, 1},
           {"07",
            {"--data", "voc:data", "--set", "test", "--detections", "results", "--metric", "voc07"},
            1},
           {"08",
            {"--data", "yolo:labels,images", "--detections", found, "--metric", "voc12"},
            2.0 / 3},
           {"13", {"--data", "coco:truth.json", "--detections", found, "--metric", "voc12"}, 1},
           {"13", {"--data", "coco:digits.json", "--detections", found, "--metric", "voc12"}, 1},
           {"13",
            {"--data", "coco:int.json", "--detections", "found_by_name.json", "--metric", "voc12"},
            1},
           {"14",
            {"--data",
             "labelstudio:export.json,images",
             "--detections",
             found,
             "--metric",
             "voc12"},
            1},
           {"15",
            {"--data", "coco:coco.json,images", "--detections", found, "--metric", "voc12"},
            1},
           {"19", {"--data", "coco:truth.json", "--detections", "found.json"}, 1},
           {"30", {"--data", "coco:truth.json", "--detections", "found.json"}, 1},
           {"41",
            {"--data", "jsonl:truth.jsonl", "--detections", "labels", "--metric", "voc12"},
            1},
           {"42", {"--data", "coco:truth.json", "--detections", "found.json"}, 0},
           {"47", {"--data", "yolo:labels,images", "--detections", found, "--metric", "voc12"}, 1},
           {"52", {"--data", "csv:truth.csv", "--detections", found, "--metric", "voc12"}, 1},
           {"55",
            {"--data", "voc:data", "--set", "test", "--detections", "results", "--metric", "voc12"},
            1}}) {
    CAPTURE(expected.number, expected.words);
    const Case copy(data, expected.number);
    CHECK(MapOf(expected.words).get<double>() == Approx(expected.map));
  }
}

TEST_CASE("annotations of the field are converted as far as they are good") {
  DEEPER_REQUIRE_DATA(data);
  struct Expected {
    const char* number;
    std::vector<std::string> words;
    std::string lines;  // without the heading
  };
  for (const Expected& expected : std::vector<Expected>{
           {"22",
            {"--data", "voc:data", "--set", "test"},
            "\"IMG 1\",320,240,ball,,39,39,120,120,0,0,0,\r\n\"IMG "
            "2\",320,240,ball,,39,39,120,120,0,0,0,\r\n"},
           {"22",
            {"--data", "voc:data", "--set", "ext"},
            "IMG1,320,240,ball,,39,39,120,120,0,0,0,\r\n"},
           {"23",
            {"--data", "yolo:labels,images"},
            "a,320,240,ball,,40,40.00008,120,120,0,0,0,\r\na,320,240,ball,,160,120,288,216,0,0,0,"
            "\r\n"},
           {"26",
            {"--data", "coco:Lyon, 2024/coco.json"},
            "\"a,b\",320,240,\"car, parked\",,40,40,120,120,0,0,0,6400\r\n"},
           {"33",
            {"--data", "yolo:labels,images"},
            "a,320,240,ball,,40,39.99996,120,119.99988,0,0,0,\r\n"},
           {"34",
            {"--data", "labelstudio:export.json"},
            "0a1b2c3d-a,320,240,ball,,40,40,120,120,0,0,0,\r\n"},
           {"40",
            {"--data", "yolo:.,."},
            "train_jpg.rf.0a1b,320,240,ball,,40,39.99996,120,119.99988,0,0,0,\r\n"},
           {"40",
            {"--data", "."},
            "train_jpg.rf.0a1b,320,240,ball,,40,39.99996,120,119.99988,0,0,0,\r\n"},
           {"40",
            {"--data", "yolo:train/labels,train/images"},
            "train_jpg.rf.0a1b,320,240,ball,,40,39.99996,120,119.99988,0,0,0,\r\n"},
           {"54", {"--data", "voc:data", "--set", "test"}, "a,320,240,,,,,,,,,,\r\n"}}) {
    CAPTURE(expected.number, expected.words);
    const Case copy(data, expected.number);
    const std::string csv = Converted(expected.words);
    CHECK(csv.substr(csv.find('\n') + 1) == expected.lines);
  }
  const Case nine(data, "09");
  const std::string csv = Converted({"--data", "yolo:labels,images"});
  CHECK(csv.find("a,320,240,ball") != std::string::npos);
  CHECK(csv.find("b,320,240,cat") != std::string::npos);
}

TEST_CASE("pictures of the field are read upright, or named") {
  DEEPER_REQUIRE_DATA(data);
  const auto ids = [](const std::vector<nlohmann::json>& lines) {
    std::vector<std::string> found;
    for (const nlohmann::json& line : lines) found.push_back(line["image"]);
    return found;
  };
  using Ids = std::vector<std::string>;
  {
    const Case copy(data, "11");
    for (const nlohmann::json& line : Proposed({"photos"}, kDone)) {
      CAPTURE(line["image"]);
      CHECK(line["width"] == (line["image"] == "up" ? 320 : 240));
    }
  }
  {
    const Case copy(data, "12");
    CHECK(ids(Proposed({"photos"}, kDone)) == Ids{"fifth", "first", "fourth", "second", "third"});
  }
  {
    const Case copy(data, "31");
    CHECK(ids(Proposed({"photos"}, kSomeInputsFailed)) == Ids{"a", "still"});
  }
  {
    const Case copy(data, "38");
    CHECK(ids(Proposed({"photos"}, kSomeInputsFailed)) ==
          Ids{"after_end", "bad_text", "good_text"});
    CHECK(Proposed({"photos", "--lenient"}, kDone).size() == 4);
    CHECK(ReadImage("photos/bad_text.png") == ReadImage("photos/good_text.png"));
  }
  {
    const Case copy(data, "39");
    CHECK(Proposed({"photos"}, kDone).size() == 8);
  }
  {
    const Case copy(data, "45");
    CHECK(ids(Proposed({"photos"}, kDone)) == Ids{"a"});
  }
  {
    const Case copy(data, "01");
    CHECK(ReadImage("photos/phone.jpg") == ReadImage("whole/phone.jpg"));
  }
  {
    const Case copy(data, "32");
    CHECK(Proposed({"--data", "coco:nodir/coco.json"}, kSomeInputsFailed).empty());
  }
}

TEST_CASE("lists, negatives and folders of VOC give the pictures that are there") {
  DEEPER_REQUIRE_DATA(data);
  struct Expected {
    const char* number;
    const char* data;
    const char* set;
    std::size_t pictures;
  };
  for (const auto& [number, source, set, pictures] : {Expected{"10", "voc:data", "test", 2},
                                                      Expected{"10", "voc:data", "test16", 2},
                                                      Expected{"20", "voc:data", "test", 2},
                                                      Expected{"20", "voc:data", "ball_test", 2},
                                                      Expected{"21", "voc:train", "train", 2},
                                                      Expected{"21", "train", "", 2}}) {
    CAPTURE(number, source, set);
    const Case copy(data, number);
    std::vector<std::string> words = {"--data", source};
    if (*set != '\0') words.insert(words.end(), {"--set", set});
    CHECK(Proposed(words, kDone).size() == pictures);
  }
}

TEST_CASE("a picture annotated as stored is proposed for and judged in one frame") {
  DEEPER_REQUIRE_DATA(data);
  const Case copy(data, "36");
  for (const char* source : {"voc:phone", "voc:upright", "voc:notag"}) {
    CAPTURE(source);
    test::CapturedOutput output;
    REQUIRE(test::Run("propose --data {} --set test --proposals fast --workers 1 --json", source) ==
            kDone);
    CHECK(nlohmann::json::parse(output.Text())["recall_50"] == 1);
  }
}

TEST_CASE("a picture of another size than annotated is left out with status 3") {
  DEEPER_REQUIRE_DATA(data);
  const Case copy(data, "37");
  CHECK(Proposed({"--data", "voc:data", "--set", "test"}, kSomeInputsFailed).empty());
  CHECK(Proposed({"--data", "voc:data", "--set", "test", "--rescale-boxes"}, kDone).size() == 1);
  Converted({"--data", "voc:data", "--set", "test"}, kSomeInputsFailed);
}

TEST_CASE("what a format cannot hold is said before the work") {
  DEEPER_REQUIRE_DATA(data);
  const Case copy(data, "50");
  CHECK_THROWS_WITH(
      test::Run("detect photos --model {} --format voc --output o", DEEPER_DEFAULT_MODEL),
      Catch::Contains("'IMG 1'"));
  CHECK_FALSE(fs::exists("o/journal.jsonl"));
}

TEST_CASE("well-known wrong files in place of a model are named") {
  DEEPER_REQUIRE_DATA(data);
  const Case copy(data, "17");
  CHECK_THROWS_WITH(test::Run("model info voc.safetensors"), Catch::Contains("git lfs pull"));
  CHECK_THROWS_WITH(test::Run("detect photos --model page.safetensors --output o"),
                    Catch::Contains("web page"));
}

}  // namespace
}  // namespace deeper::tools
