// Classification errors of BVLC GoogLeNet on a few photographs whose class it knows.

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
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
#include "tools/options/option_errors.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// Four photographs in folders named by WordNet id; the last two are in each other's folder.
void MakeFolders(const fs::path& data, const fs::path& folders) {
  std::vector<fs::path> pictures;
  for (const char* name :
       {"n01440764_tench", "n01530575_brambling", "n01558993_robin", "n01496331_electric_ray"}) {
    pictures.push_back(data / "imagenet_sample" / (std::string(name) + ".JPEG"));
  }
  const std::vector<std::size_t> placed = {0, 1, 3, 2};
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const fs::path folder = folders / pictures[placed[i]].stem();
    fs::create_directories(folder);
    fs::copy_file(pictures[i], folder / "1.jpg");
  }
}

// "deeper classify" with these words.
template <typename... Values>
Json Measure(std::string_view text, const Values&... values) {
  test::CapturedOutput output;
  REQUIRE(test::Run("classify {} --json", test::Words(text, values...)) == kDone);
  return Json::parse(output.Text());
}

TEST_CASE("errors count pictures whose class is not among the first one or five guesses") {
  DEEPER_REQUIRE_DATA(data);
  const test::TemporaryDirectory directory;
  const fs::path folders = directory / "folders";
  MakeFolders(data, folders);
  const fs::path weights = data / "weights/bvlc_googlenet.caffemodel";
  const Json one = Measure("--data {} --backbone {}", folders, weights);
  CHECK(one["pictures"] == 4);
  CHECK(one["crops"] == 1);
  CHECK(one["mean"]["top1_error"] == 0.5);  // those that stand in the wrong folder
  CHECK(one["mean"]["top5_error"] == 0.5);
  CHECK_FALSE(one.contains("localisation_error"));

  // The mean of a model with itself is that model.
  const Json twice = Measure("--data {} --backbone {},{}", folders, weights, weights);
  REQUIRE(twice["models"].size() == 2);
  CHECK(twice["models"][0] == twice["models"][1]);
  CHECK(twice["mean"] == one["mean"]);

  const Json ten = Measure("--data {} --backbone {} --crops 10", folders, weights);
  CHECK(ten["crops"] == 10);
  CHECK(ten["mean"]["top5_error"] == 0.5);
}

TEST_CASE("localisation needs the class and a box that overlaps its object by half") {
  DEEPER_REQUIRE_DATA(data);
  const test::TemporaryDirectory directory;
  // A tench that fills the picture, and one that is in a corner of it, as CSV.
  const fs::path tench = data / "imagenet_sample/n01440764_tench.JPEG";
  for (const char* name : {"whole", "corner"}) {
    fs::create_directories(directory / "pictures");
    fs::copy_file(tench, directory / "pictures" / (std::string(name) + ".jpg"));
  }
  const Image image = ReadImage(tench);
  WriteFileWhole(directory / "truth.csv",
                 fmt::format("image,class,x0,y0,x1,y1\nwhole,tench,0,0,{},{}\n"
                             "corner,tench,0,0,10,10\n",
                             image.width,
                             image.height));
  const Json json = Measure("--data csv:{},{} --backbone {}",
                            directory / "truth.csv",
                            directory / "pictures",
                            data / "weights/bvlc_googlenet.caffemodel");
  CHECK(json["mean"]["top5_error"] == 0);
  CHECK(json["localisation_error"] == 0.5);
}

TEST_CASE("a number of crops that the paper does not have is refused") {
  CHECK_THROWS_AS(test::Run("classify a.jpg --crops 12"), UsageError);
  CHECK_THROWS_AS(test::Run("classify a.jpg --crops 10 --whole"), UsageError);
  CHECK_THROWS_AS(test::Run("classify a.jpg --data folders"), UsageError);
}

}  // namespace
}  // namespace deeper::tools
