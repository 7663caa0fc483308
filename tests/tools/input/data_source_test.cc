#include "tools/input/data_source.h"

#include <string>
#include <string_view>

#include "core/files/file.h"
#include "eval/drawing/draw.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"
#include "tools/input/label_files.h"
#include "tools/options/option_errors.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

struct Place {
  test::TemporaryDirectory root;

  void Text(const std::string& name, std::string_view text) const {
    WriteFileWhole(root / name, text);
  }
  void Picture(const std::string& name, int width, int height) const {
    WriteFileWhole(root / name, EncodeJpeg(MakeImage(width, height, 9, 9, 9)));
  }
  std::string Path(const std::string& name = "") const { return (root / name).string(); }
};

LoadedData Load(const std::string& data, const std::string& set = "", bool rescale = false) {
  return LoadData({.data = data,
                   .set = set,
                   .classes = "",
                   .rescale_boxes = rescale,
                   .image_list = "",
                   .class_list = "",
                   .blacklist = ""});
}

}  // namespace

TEST_CASE("a data set is what its path holds, without its kind being named") {
  const Place place;
  place.Text("yolo/data.yaml", "names: [cat]\n");
  place.Picture("yolo/train/images/a.jpg", 40, 20);
  place.Text("yolo/train/labels/a.txt", "0 0.5 0.5 0.5 0.5\n");
  for (const std::string& data :
       {place.Path("yolo"), place.Path("yolo/data.yaml"), "yolo:" + place.Path("yolo")}) {
    CAPTURE(data);
    const LoadedData loaded = Load(data);
    REQUIRE(loaded.dataset.images.size() == 1);
    CHECK(loaded.dataset.images[0].annotations.at(0).box ==
          Box{.x0 = 10, .y0 = 5, .x1 = 30, .y1 = 15});
    CHECK(loaded.dataset.images[0].image_path.filename() == "a.jpg");
  }
  CHECK_THROWS_WITH(Load("nothing/here"), Catch::Contains("no such path"));
  CHECK_THROWS_WITH(Load("voce:" + place.Path()), Catch::Contains("did you mean 'voc'?"));
  CHECK_THROWS_AS(Load("voc:"), UsageError);
}

TEST_CASE("commas in paths are told from the one between them by what is there") {
  const Place place;
  place.Text("Lyon, 2024/a,b.json", "{}");
  place.Text("plain.json", "{}");
  const auto split = [&](const std::string& text) {
    const auto [path, images] = SplitPlace(text);
    return std::pair(path.string(), images ? images->string() : "none");
  };
  const std::string file = place.Path("Lyon, 2024/a,b.json");
  const std::string folder = place.Path("Lyon, 2024");
  using Parts = std::pair<std::string, std::string>;
  CHECK(split(file) == Parts{file, "none"});
  CHECK(split(file + "," + folder) == Parts{file, folder});
  CHECK(split(place.Path("plain.json") + "," + folder) == Parts{place.Path("plain.json"), folder});
  CHECK(split("absent.json,dir") == Parts{"absent.json", "dir"});
  CHECK(split("absent.json") == Parts{"absent.json", "none"});
}

TEST_CASE(
    "pictures and detections of another size are left out and counted, or scaled when asked") {
  const Place place;
  place.Picture("p.jpg", 50, 25);
  place.Picture("q.jpg", 50, 25);
  place.Text("t.csv",
             "image,width,height,class,x0,y0,x1,y1\np.jpg,100,50,cat,10,10,30,30\nq.jpg,50,25,cat,"
             "5,5,15,15\n");
  LoadedData data = Load("csv:" + place.Path("t.csv"));
  REQUIRE(data.dataset.images.size() == 1);
  CHECK(data.dataset.images[0].id == "q");
  CHECK(data.mismatched == 1);
  CHECK(data.Status() == kSomeInputsFailed);
  CHECK(data.unreadable_images == std::vector<std::string>{"p"});

  LoadedData scaled = Load("csv:" + place.Path("t.csv"), "", true);
  CHECK(scaled.Status() == kDone);
  REQUIRE(scaled.dataset.images.size() == 2);
  CHECK(scaled.dataset.images[0].annotations.at(0).box ==
        Box{.x0 = 5, .y0 = 5, .x1 = 15, .y1 = 15});

  place.Text(
      "found.jsonl",
      R"({"image": "q", "width": 100, "height": 50, "detections": [{"class": "cat", "score": 1, "box": [10, 10, 30, 30]}]})");
  const DataSource source{.data = "csv:" + place.Path("t.csv"),
                          .set = "",
                          .classes = "",
                          .image_list = "",
                          .class_list = "",
                          .blacklist = ""};
  const AlignedDetections left =
      AlignedDetectionsAt(place.Path("found.jsonl"), "", source, UnknownClasses::kRefuse, data);
  CHECK(left.detections.images.empty());
  CHECK(data.dataset.images.empty());
  CHECK(data.mismatched == 2);
  DataSource rescaling = source;
  rescaling.rescale_boxes = true;
  LoadedData whole = LoadData(rescaling);
  const AlignedDetections found =
      AlignedDetectionsAt(place.Path("found.jsonl"), "", rescaling, UnknownClasses::kRefuse, whole);
  CHECK(found.detections.images.at(1).detections.at(0).box ==
        Box{.x0 = 5, .y0 = 5, .x1 = 15, .y1 = 15});
}

TEST_CASE("class names with commas are given in quotes") {
  const Place place;
  place.Text("labels/a.txt", "1 0.5 0.5 0.5 0.5\n");
  place.Picture("images/a.jpg", 40, 20);
  const LoadedData loaded = LoadData({.data = "yolo:" + place.Path("labels"),
                                      .set = "",
                                      .classes = "cat, \"car, parked\"",
                                      .image_list = "",
                                      .class_list = "",
                                      .blacklist = ""});
  CHECK(loaded.dataset.classes == ClassTableOf({"cat", "car, parked"}));
}

}  // namespace deeper::tools
