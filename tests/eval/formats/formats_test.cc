#include "eval/formats/formats.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "core/random.h"
#include "eval/align.h"
#include "eval/evaluate.h"
#include "eval/formats/yolo.h"
#include "tests/eval/formats/format_abilities.h"
#include "tests/eval/formats/text_quirks.h"
#include "tests/support/catch.h"
#include "tests/support/remedy.h"
#include "tests/support/temporary_directory.h"

using namespace deeper;

namespace {

namespace fs = std::filesystem;

// Boxes of many sizes inside pictures of many sizes.
LabelledSet RandomLabels(std::uint64_t seed, bool detections, const test::Abilities& abilities) {
  Random random(seed);
  LabelledSet set;
  set.classes =
      abilities.strange_names
          ? ClassTableOf({"a, \"b\"", "caf\xC3\xA9", "<script>alert(1)</script>", "line\nbreak"})
          : ClassTableOf({"bird", "cat", "hot dog", "zebra"});
  for (int i = 0; i < 12; ++i) {
    LabelledImage& image = set.images.emplace_back();
    image.id = abilities.strange_names && i == 3 ? "sub/a \"b\", c" : std::to_string(100 + i);
    image.width = static_cast<int>(50 + random.Below(5000));
    image.height = static_cast<int>(50 + random.Below(3000));
    for (std::uint64_t n = random.Below(5); n > 0; --n) {
      Label& label = image.labels.emplace_back();
      const auto place = [&](int side) {
        return static_cast<float>(random.Uniform() * (side - 40));
      };
      const float x0 = place(image.width);
      const float y0 = place(image.height);
      label.box = {.x0 = x0,
                   .y0 = y0,
                   .x1 = x0 + 1 + static_cast<float>(random.Uniform()) * 38,
                   .y1 = y0 + 1 + static_cast<float>(random.Below(38))};
      label.class_id = ClassAt(random.Below(3));
      if (detections) {
        label.score = static_cast<float>(random.Uniform() * 4 - 2);
      } else if (abilities.flags) {
        label.difficult = random.Below(2) == 0;
        label.truncated = random.Below(3) == 0;
      }
      if (!detections && abilities.crowds && random.Below(3) == 0) {
        label.crowd = true;
        label.area_px = random.Uniform() * 1000;
      }
    }
  }
  return set;
}

// A data set with ImageNet's two classes "crane", and a result that finds all of its objects.
Dataset TwoCranes() {
  Dataset dataset{.name = "d",
                  .classes = {.classes = {{.name = "crane", .wordnet_id = "n02012849"},
                                          {.name = "sheep", .wordnet_id = "n02411705"},
                                          {.name = "crane", .wordnet_id = "n03126707"}}},
                  .images = {},
                  .blacklist = {}};
  for (int i = 0; i < 6; ++i) {
    AnnotatedImage& image = dataset.images.emplace_back(
        AnnotatedImage{.id = fmt::format("p{}", i), .image_path = {}, .width = 100, .height = 80});
    for (std::size_t j = 0; j < dataset.classes.Size(); ++j) {
      const auto x = static_cast<float>(30 * j);
      image.annotations.push_back(
          {.box = {.x0 = x, .y0 = 4, .x1 = x + 20, .y1 = 40}, .class_id = ClassAt(j)});
    }
  }
  return dataset;
}
DetectionSet PerfectFor(const Dataset& dataset) {
  DetectionSet perfect{.classes = dataset.classes, .images = {}};
  for (const AnnotatedImage& image : dataset.images) {
    ImageDetections& found = perfect.images.emplace_back(ImageDetections{
        .id = image.id, .width = image.width, .height = image.height, .detections = {}});
    for (const Annotation& annotation : image.annotations)
      found.detections.push_back(
          {.box = annotation.box, .class_id = annotation.class_id, .score = 1});
  }
  return perfect;
}

void RoundTrip(LabelFormat format, const test::Abilities& abilities, LabelKind kind) {
  CAPTURE(NameOf(format));
  const LabelledSet written = RandomLabels(11, kind == LabelKind::kDetections, abilities);
  const Dataset dataset = test::EmptyTruth(written);
  const FormatContext context = test::ContextFor(written, kind, dataset);
  const test::TemporaryDirectory directory;
  const fs::path path = directory / "labels";
  WriteLabelsAs(format, written, path, context);
  const ReadLabels read = ReadLabelsAs(format, path, context);
  CHECK(read.warnings.empty());
  test::CheckSame(read.labels, written, abilities);
}

// Rewrites every text file at the path or below it.
template <typename Change>
void Rewrite(const fs::path& path, const Change& change) {
  std::vector<fs::path> files;
  if (fs::is_directory(path)) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  } else {
    files.push_back(path);
  }
  for (const fs::path& file : files) {
    WriteFileWhole(file, std::string_view(change(ReadTextFile(file))));
  }
}

// Writes labels, changes the text of every file, and reads the same labels back, in every format.
template <typename Change>
void RoundTripsThrough(const Change& change, bool strange_names) {
  for (const LabelKind kind : {LabelKind::kObjects, LabelKind::kDetections}) {
    const bool detections = kind == LabelKind::kDetections;
    for (auto [format, abilities] : detections ? test::kDetectionFormats : test::kObjectFormats) {
      CAPTURE(NameOf(format), detections);
      if (!strange_names) abilities.strange_names = false;
      const LabelledSet written = RandomLabels(23, detections, abilities);
      const Dataset dataset = test::EmptyTruth(written);
      const FormatContext context = test::ContextFor(written, kind, dataset);
      const test::TemporaryDirectory directory;
      WriteLabelsAs(format, written, directory / "labels", context);
      Rewrite(directory / "labels", change);
      const ReadLabels read = ReadLabelsAs(format, directory / "labels", context);
      CHECK(read.warnings.empty());
      test::CheckSame(read.labels, written, abilities);
    }
  }
}

}  // namespace

TEST_CASE("a perfect result has average precision 1 though classes share a name, in any format") {
  const test::TemporaryDirectory directory;
  const Dataset dataset = TwoCranes();
  const LabelledSet perfect = LabelsOf(PerfectFor(dataset));
  const FormatContext context = test::ContextFor(perfect, LabelKind::kDetections, dataset);
  for (const std::string& name : LabelFormatNames()) {
    CAPTURE(name);
    const LabelFormat format = LabelFormatFromName(name);
    const fs::path path = directory / (name + ".of");
    WriteLabelsAs(format, perfect, path, context);
    const DetectionSet read = DetectionsOf(ReadLabelsAs(format, path, context).labels);
    const DetectionSet aligned = AlignDetections(dataset, read).detections;
    for (const Protocol protocol :
         {Protocol::kIlsvrc, Protocol::kVoc07, Protocol::kVoc12, Protocol::kCoco}) {
      CAPTURE(NameOf(protocol));
      const Evaluation evaluation = Evaluate(dataset, aligned, {.protocol = protocol});
      CHECK(evaluation.mean_average_precision.value() == Approx(1));
    }
  }
}

TEST_CASE("true objects of classes that share a name stay those of two classes, in any format") {
  const test::TemporaryDirectory directory;
  const Dataset dataset = TwoCranes();
  for (const auto& [format, abilities] : test::kObjectFormats) {
    CAPTURE(NameOf(format));
    const LabelledSet labels = LabelsOf(dataset);
    const FormatContext context = test::ContextFor(labels, LabelKind::kObjects, dataset);
    const fs::path path = directory / (NameOf(format) + ".of");
    WriteLabelsAs(format, labels, path, context);
    const LabelledSet read = ReadLabelsAs(format, path, context).labels;
    CHECK(read.classes.Size() == 3);
    CHECK(read.classes.Find("n03126707").has_value());
  }
}

TEST_CASE("detections of a name that several classes have are refused, naming their WordNet ids") {
  DetectionSet found{.classes = ClassTableOf({"crane"}), .images = {}};
  const Dataset dataset = TwoCranes();
  found.images.push_back({.id = "p0", .detections = {}});
  CHECK_NOTHROW(AlignDetections(dataset, found));  // a class without a detection may be unknown
  found.images[0].detections.push_back(
      {.box = dataset.images[0].annotations[0].box, .class_id = ClassAt(0), .score = 1});
  for (const UnknownClasses unknown : {UnknownClasses::kRefuse, UnknownClasses::kLeaveOut}) {
    CHECK_THROWS_WITH(AlignDetections(dataset, found, unknown),
                      Catch::Contains("n02012849, n03126707"));
  }
  CHECK_THAT(
      ClassMapText(AlignDetections(dataset, {.classes = found.classes, .images = {}}).class_map,
                   dataset.classes),
      Catch::Contains("crane -> several of the data set's have this name"));
}

TEST_CASE("every format is read in any encoding of text, with any line ends and NULs at its end") {
  RoundTripsThrough([](const std::string& text) { return "\xEF\xBB\xBF" + text; }, true);
  RoundTripsThrough([](const std::string& text) { return test::Utf16(text, false); }, true);
  RoundTripsThrough([](const std::string& text) { return test::Utf16(text, true); }, true);
  RoundTripsThrough(test::WithWindowsLines, false);
  RoundTripsThrough(
      [](const std::string& text) {
        // An XML parser has its own rules for what follows the document.
        return text.starts_with('<') ? text : text + std::string(3, '\0');
      },
      true);
}

TEST_CASE("every format holds all pairs of conversions to its own precision") {
  for (const LabelKind kind : {LabelKind::kObjects, LabelKind::kDetections}) {
    test::CheckAllPairs(kind, [&](const test::Abilities& both) {
      return RandomLabels(31, kind == LabelKind::kDetections, both);
    });
  }
}

TEST_CASE("true objects come back from every format as it promises") {
  for (const auto& [format, abilities] : test::kObjectFormats) {
    RoundTrip(format, abilities, LabelKind::kObjects);
  }
}

TEST_CASE("detections come back from every format as it promises") {
  for (const auto& [format, abilities] : test::kDetectionFormats) {
    RoundTrip(format, abilities, LabelKind::kDetections);
  }
}

TEST_CASE("a chain through all formats of detections ends with the same average precision") {
  const LabelledSet truth = RandomLabels(5, false, test::kObjectFormats.at(LabelFormat::kVoc));
  LabelledSet found = truth;
  Random random(8);
  for (LabelledImage& image : found.images) {
    for (Label& label : image.labels) {
      label.score = static_cast<float>(random.Uniform());
      label.box.x1 += static_cast<float>(random.Below(8));
      label.difficult = label.truncated = false;
    }
  }
  Dataset dataset = DatasetOf(truth, "d");
  const FormatContext context = test::ContextFor(truth, LabelKind::kDetections, dataset);
  const auto map = [&](const LabelledSet& labels) {
    return Evaluate(dataset, DetectionsOf(labels), {}).mean_average_precision.value();
  };
  const double expected = map(found);
  CHECK(expected > 0.1);
  const test::TemporaryDirectory directory;
  for (const auto& [format, abilities] : test::kDetectionFormats) {
    WriteLabelsAs(format, found, directory / NameOf(format), context);
    const ReadLabels read = ReadLabelsAs(format, directory / NameOf(format), context);
    found = LabelsOf(AlignDetections(dataset, DetectionsOf(read.labels)).detections);
    CAPTURE(NameOf(format));
    CHECK(map(found) == Approx(expected).epsilon(1e-12));
  }
}

TEST_CASE("box conventions: one box of known pixels in the text of each format") {
  // Columns 10 .. 29 and rows 20 .. 59 of a picture of 100 x 200.
  LabelledSet set{.classes = ClassTableOf({"cat"}), .images = {}};
  set.images.push_back({.id = "p", .file_name = "", .width = 100, .height = 200, .labels = {}});
  set.images[0].labels.push_back({.box = {.x0 = 10, .y0 = 20, .x1 = 30, .y1 = 60}, .score = 0.5F});
  const Dataset dataset = test::EmptyTruth(set);
  const FormatContext context = test::ContextFor(set, LabelKind::kDetections, dataset);
  const test::TemporaryDirectory directory;
  const auto text = [&](LabelFormat format, const std::string& file) {
    const fs::path path = directory / NameOf(format);
    WriteLabelsAs(format, set, path, context);
    return ReadTextFile(file.empty() ? path : path / file);
  };
  const auto holds = [](const std::string& whole, const std::string& part) {
    CAPTURE(whole, part);
    CHECK(whole.find(part) != std::string::npos);
  };
  holds(text(LabelFormat::kCoco, ""), "[10, 20, 20, 40]");
  holds(text(LabelFormat::kIlsvrc, ""), "1 1 0.5 11 21 30 60");
  holds(text(LabelFormat::kVoc, "comp3_det_test_cat.txt"), "p 0.5 11 21 30 60");
  holds(text(LabelFormat::kYolo, "p.txt"), "0 0.2 0.2 0.2 0.2 0.5");
  holds(text(LabelFormat::kCsv, ""), "p,100,200,cat,0.5,10,20,30,60");
  holds(text(LabelFormat::kJsonLines, ""), "[10, 20, 30, 60]");
  holds(text(LabelFormat::kLabelStudio, ""), R"("x": 10, "y": 10, "width": 20, "height": 20)");
}

TEST_CASE("bad lines are left out with their reasons, the others stay") {
  const test::TemporaryDirectory directory;
  FormatContext context;
  context.kind = LabelKind::kObjects;
  context.size_of = [](const std::string& id) {
    return id == "p" ? std::optional(std::pair(100, 100)) : std::nullopt;
  };
  const auto reasons = [&](LabelFormat format, const fs::path& path) {
    const ReadLabels read = ReadLabelsAs(format, path, context);
    std::size_t kept = 0;
    for (const LabelledImage& image : read.labels.images) kept += image.labels.size();
    CHECK(kept == 1);
    std::vector<std::string> found;
    for (const Warning& warning : read.warnings) found.push_back(warning.reason);
    return found;
  };
  WriteFileWhole(directory / "a.csv",
                 std::string_view("class,image,x0,y0,x1,y1,width,height\r\n"
                                  "cat,p,1,2,3,4,10,10\r\n"
                                  "cat,p,nan,2,3,4\r\n"
                                  "cat,p,5,2,3,4\r\n"
                                  "cat,p,20,2,30,4\r\n"
                                  ",p,1,2,3,4\r\n"
                                  "c\xE9,p,1,2,3,4\r\n"
                                  "cat,,1,2,3,4\r\n"));
  CHECK(reasons(LabelFormat::kCsv, directory / "a.csv") ==
        std::vector<std::string>{"object 'cat' left out: its box is not made of finite numbers",
                                 "object 'cat' left out: its box is inverted or empty",
                                 "object 'cat' left out: its box lies outside the picture",
                                 "a box without a class",
                                 "a class name that is not UTF-8",
                                 "a line without an image"});
  WriteFileWhole(directory / "yolo/classes.txt", std::string_view("cat\r\n"));
  WriteFileWhole(directory / "yolo/q.txt", std::string_view("0 .5 .5 .1 .1\n"));
  WriteFileWhole(directory / "yolo/p.txt",
                 std::string_view("0 .5 .5 .1 .1\r\n7 .5 .5 .1 .1\n0 .5 .5\n0 5 5 .1 .1\n"
                                  "0 x .5 .1 .1\n"));
  CHECK(reasons(LabelFormat::kYolo, directory / "yolo") ==
        std::vector<std::string>{"a class number that is not in classes.txt",
                                 "a line that is not '<class> <x> <y> <width> <height> [<score>]'",
                                 "object 'cat' left out: its box lies outside the picture",
                                 "object 'cat' left out: its box is not made of finite numbers",
                                 "a picture whose size is not known"});
  WriteFileWhole(
      directory / "a.jsonl",
      std::string_view(R"({"image": "p", "annotations": [{"class": "cat", "box": [1, 2, 3, 4]}, 5,)"
                       R"( {"class": "cat", "box": [1, 2, NaN, 4]}], "width": 9, "width": 10})"
                       "\nnot JSON\n{\"image\": \"q\"}\n"));
  CHECK(reasons(LabelFormat::kJsonLines, directory / "a.jsonl") ==
        std::vector<std::string>{"a box without a class",
                                 "object 'cat' left out: its box is not made of finite numbers",
                                 "the key 'width' twice in one object: the last value counts",
                                 "a line that is not JSON in UTF-8 of at most 100 levels",
                                 "a line without a list 'annotations'"});
  WriteFileWhole(directory / "studio.json",
                 std::string_view(
                     R"([{"data": {"image": "/data/local-files/?d=p.jpg"}, "annotations": [
               {"was_cancelled": true, "result": [{"type": "rectanglelabels"}]},
               {"result": [
                 {"type": "rectanglelabels", "original_width": 100, "original_height": 100,
                  "value": {"x": 1, "y": 2, "width": 3, "height": 4, "rectanglelabels": ["cat"]}},
                 {"type": "rectanglelabels", "original_width": 100, "original_height": 100,
                  "value": {"x": 1, "y": 2, "width": 3, "height": 4, "rotation": 5,
                            "rectanglelabels": ["cat"]}},
                 {"type": "rectanglelabels", "value": {}},
                 {"type": "choices"}]}]},
              {"data": {}}])"));
  CHECK(reasons(LabelFormat::kLabelStudio, directory / "studio.json") ==
        std::vector<std::string>{"a rotated rectangle",
                                 "a rectangle without value or the picture's size",
                                 "a result that is no rectangle with labels",
                                 "a task without data.image"});
}

TEST_CASE("the format is known by what stands under the path") {
  const test::TemporaryDirectory directory;
  for (const char* name : {"a.jsonl", "a.csv", "a.txt", "a.xyz", "yolo/classes.txt", "voc/x"}) {
    WriteFileWhole(directory / name, std::string_view("x"));
  }
  WriteFileWhole(directory / "list.json", std::string_view(R"([{"image_id": 1}])"));
  WriteFileWhole(directory / "studio.json", std::string_view(R"( [{"data": {}}])"));
  CHECK(GuessLabelFormat(directory / "a.jsonl") == LabelFormat::kJsonLines);
  CHECK(GuessLabelFormat(directory / "a.csv") == LabelFormat::kCsv);
  CHECK(GuessLabelFormat(directory / "a.txt") == LabelFormat::kIlsvrc);
  CHECK(GuessLabelFormat(directory / "yolo") == LabelFormat::kYolo);
  CHECK(GuessLabelFormat(directory / "voc") == LabelFormat::kVoc);
  CHECK(GuessLabelFormat(directory / "list.json") == LabelFormat::kCoco);
  CHECK(GuessLabelFormat(directory / "studio.json") == LabelFormat::kLabelStudio);
  CHECK_THROWS_WITH(GuessLabelFormat(directory / "a.xyz"), Catch::Contains("does not tell"));
  CHECK_THROWS_WITH(GuessLabelFormat(directory / "none"), Catch::Contains("found none"));
  CHECK_THROWS_WITH(LabelFormatFromName("ylo"), Catch::Contains("did you mean 'yolo'?"));
}

TEST_CASE("an id that leaves its directory names no file") {
  const test::TemporaryDirectory directory;
  LabelledSet set{.classes = ClassTableOf({"cat"}), .images = {}};
  set.images.push_back({.id = "../p", .file_name = "", .width = 1, .height = 1, .labels = {}});
  CHECK_THROWS_AS(WriteYolo(set, directory / "yolo"), Error);
  FormatContext context;
  context.kind = LabelKind::kObjects;
  CHECK_THROWS_AS(WriteLabelsAs(LabelFormat::kVoc, set, directory / "voc", context), Error);
  CHECK(!fs::exists(directory / "p.txt"));
  CHECK_NOTHROW(RequireInnerPath("a/b..c"));
}

TEST_CASE("what a format cannot hold is an error, not a loss") {
  const test::TemporaryDirectory directory;
  LabelledSet set{.classes = ClassTableOf({"cat"}), .images = {}};
  set.images.push_back({.id = "p", .file_name = "", .width = 0, .height = 0, .labels = {}});
  for (const LabelFormat format : {LabelFormat::kYolo, LabelFormat::kLabelStudio}) {
    const auto write = [&] { WriteLabelsAs(format, set, directory / "w", {}); };
    CHECK_THROWS_WITH(write(), Catch::Contains("take them from the picture"));
    CHECK(test::RemedyOf(write) == Remedy::kNamePictures);
  }
  FormatContext objects;
  objects.kind = LabelKind::kObjects;
  CHECK(test::RemedyOf([&] {
          WriteLabelsAs(LabelFormat::kIlsvrc, set, directory / "i", objects);
        }) == Remedy::kNameDataset);
  set.images[0].labels.push_back({.box = {.x0 = 0, .y0 = 0, .x1 = 1, .y1 = 1}});
  CHECK_THROWS_WITH(WriteLabelsAs(LabelFormat::kVoc, set, directory / "v", {}),
                    Catch::Contains("without a score"));
}
