#include "detector/regions/feature_cache.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <set>
#include <string>

#include "backbone/files/safetensors.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/random.h"
#include "core/results_version.h"
#include "detector/heads/region_features.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

RegionFeatures RandomRegions(std::size_t count, std::size_t dim, std::uint64_t seed) {
  Random random(seed);
  RegionFeatures regions = {
      .image_width = 500, .image_height = 375, .feature_dim = dim, .boxes = {}, .features = {}};
  for (std::size_t i = 0; i < count; ++i) {
    const auto x0 = static_cast<float>(random.Uniform() * 300);
    const auto y0 = static_cast<float>(random.Uniform() * 300);
    regions.boxes.push_back({.x0 = x0, .y0 = y0, .x1 = x0 + 10, .y1 = y0 + 20});
  }
  for (std::size_t i = 0; i < count * dim; ++i) {
    regions.features.push_back(static_cast<float>(random.Uniform()) - 0.5F);
  }
  return regions;
}

std::set<fs::path> FilesUnder(const fs::path& directory) {
  std::set<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) files.insert(entry.path());
  }
  return files;
}

fs::path OnlyFeatureFile(const fs::path& directory) {
  for (const fs::path& file : FilesUnder(directory)) {
    if (file.extension() == ".safetensors") return file;
  }
  FAIL("no feature file");
  return {};
}

TEST_CASE("features come back as they were stored, to the bit") {
  const test::TemporaryDirectory directory;
  const FeatureCache cache(directory / "features", "f32");
  const RegionFeatures regions = RandomRegions(7, 33, 1);
  CHECK(!cache.Contains({"000043"}));
  CHECK(!cache.Load({"000043"}));
  cache.Store({"000043"}, regions);
  CHECK(cache.Contains({"000043"}));
  CHECK(cache.Load({"000043"}) == regions);
  CHECK(!cache.Contains({"000044"}));
}

TEST_CASE("offsets come back with the features, and a change of them is damage") {
  const test::TemporaryDirectory directory;
  const FeatureCache cache(directory / "features", "f32");
  RegionFeatures regions = RandomRegions(3, 8, 1);
  regions.offsets = RandomRegions(3, 2 * 4, 2).features;
  cache.Store({"moved"}, regions);
  CHECK(cache.Load({"moved"}) == regions);

  const fs::path file = OnlyFeatureFile(directory.path());
  Safetensors content = ReadSafetensors(file);
  REQUIRE(content.tensors.at("offsets").shape == std::vector<std::uint64_t>{3, 8});
  content.tensors.at("offsets").bytes[5] ^= 1U;
  WriteSafetensors(content, file);
  CHECK(!cache.Load({"moved"}));
  CHECK(!cache.Contains({"moved"}));
}

TEST_CASE("a picture without boxes comes back without boxes") {
  const test::TemporaryDirectory directory;
  const FeatureCache cache(directory.path(), "f32");
  const RegionFeatures none = RandomRegions(0, kFeatureDim, 2);
  cache.Store({"empty"}, none);
  CHECK(cache.Load({"empty"}) == none);
}

TEST_CASE("storing again replaces what was there") {
  const test::TemporaryDirectory directory;
  const FeatureCache cache(directory.path(), "f32");
  cache.Store({"a"}, RandomRegions(9, 8, 3));
  const RegionFeatures second = RandomRegions(2, 8, 4);
  cache.Store({"a"}, second);
  CHECK(cache.Load({"a"}) == second);
}

TEST_CASE("no picture's name leads out of the cache or to another picture's file") {
  const test::TemporaryDirectory directory;
  const FeatureCache cache(directory / "cache", "f32");
  const std::string long_id(300, 'x');
  const std::vector<std::string> ids = {"../up",
                                        "..",
                                        ".",
                                        "",
                                        "/etc/absolute",
                                        "a/b",
                                        "a%2Fb",
                                        "a//b",
                                        "a/../b",
                                        "b",
                                        "B",
                                        ".hidden",
                                        "recipe.txt",
                                        "with space",
                                        "line\nbreak",
                                        "\xC3\xA4 \xE4",
                                        std::string("nul\0byte", 8),
                                        long_id,
                                        fmt::format("{}y", long_id),
                                        std::string(150, '/'),
                                        std::string(151, '/')};
  for (std::size_t i = 0; i < ids.size(); ++i) cache.Store({ids[i]}, RandomRegions(1, 4, i));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    CAPTURE(ids[i]);
    CHECK(cache.Load({ids[i]}) == RandomRegions(1, 4, i));
  }
  CHECK(FilesUnder(directory / "cache").size() == ids.size() + 1);  // and the recipe
  CHECK(FilesUnder(directory.path()).size() == ids.size() + 1);
}

TEST_CASE("another recipe is refused, and the message names what differs") {
  const test::TemporaryDirectory directory;
  FeatureCache(directory.path(), "backbone a\n").Store({"x"}, RandomRegions(1, 4, 5));
  CHECK_NOTHROW(FeatureCache(directory.path(), "backbone a\n"));
  CHECK_THROWS_WITH(FeatureCache(directory.path(), "backbone b\n"),
                    Catch::Contains("backbone a, now b"));
}

TEST_CASE("features whose recipe is lost are refused") {
  const test::TemporaryDirectory directory;
  FeatureCache(directory.path(), "a").Store({"x"}, RandomRegions(1, 4, 6));
  fs::remove(directory / "recipe.txt");
  CHECK_THROWS_WITH(FeatureCache(directory.path(), "a"), Catch::Contains("recipe.txt"));
}

TEST_CASE("a cache cannot be made where a file stands") {
  const test::TemporaryDirectory directory;
  std::ofstream(directory / "file") << "x";
  CHECK_THROWS_AS(FeatureCache(directory / "file", "a"), Error);
}

TEST_CASE("a damaged file counts as not there and is removed, whichever byte is wrong") {
  const test::TemporaryDirectory directory;
  const FeatureCache cache(directory.path(), "f32");
  const RegionFeatures regions = RandomRegions(2, 8, 7);
  cache.Store({"x"}, regions);
  const fs::path path = OnlyFeatureFile(directory.path());
  std::string bytes(fs::file_size(path), '\0');
  std::ifstream(path, std::ios::binary).read(bytes.data(), std::streamsize(bytes.size()));
  const auto write = [&](const std::string& content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
  };
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    write(damaged);
    const auto loaded = cache.Load({"x"});
    CAPTURE(at);
    REQUIRE((!loaded || *loaded == regions));  // a byte of white space in the header says nothing
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{7}, bytes.size() - 1}) {
    write(bytes.substr(0, length));
    CAPTURE(length);
    CHECK(!cache.Load({"x"}));
    CHECK(!cache.Contains({"x"}));  // so that it is extracted again
  }
  write(bytes);
  CHECK(cache.Load({"x"}) == regions);
}

TEST_CASE("leftovers of a killed run do no harm") {
  const test::TemporaryDirectory directory;
  { const FeatureCache made(directory.path(), "a"); }
  std::ofstream(directory / "000043.safetensors.tmp12345") << "half a file";
  const FeatureCache cache(directory.path(), "a");
  CHECK(!cache.Contains({"000043"}));
  CHECK(!cache.Load({"000043"}));
}

TEST_CASE("the estimate of a file's size is right to a KiB") {
  const test::TemporaryDirectory directory;
  const FeatureCache cache(directory.path(), "a");
  cache.Store({"x"}, RandomRegions(200, 64, 8));
  const auto bytes = static_cast<double>(fs::file_size(OnlyFeatureFile(directory.path())));
  CHECK(std::abs(bytes - static_cast<double>(FeatureCache::BytesFor(200, 64))) < 1024);
}

TEST_CASE("features are those of the content that they were stored with") {
  const test::TemporaryDirectory directory;
  const FeatureCache cache(directory.path(), "a");
  const FeatureEntry first = {.image_id = "x", .content = "0123"};
  const FeatureEntry second = {.image_id = "x", .content = "4567"};
  CHECK(!cache.ContainsOther(first));
  cache.Store(first, RandomRegions(2, 4, 1));
  CHECK(cache.Contains(first));
  CHECK(!cache.ContainsOther(first));
  CHECK(!cache.Contains(second));
  CHECK(cache.ContainsOther(second));
  CHECK(!cache.Load(second));
  CHECK(cache.Load(first) == RandomRegions(2, 4, 1));  // looking for another did not remove it
  cache.Store(second, RandomRegions(3, 4, 2));
  CHECK(cache.Load(second) == RandomRegions(3, 4, 2));
  CHECK(!cache.Load(first));
}

TEST_CASE("a part of a picture is no other picture's features, whatever that one is called") {
  const test::TemporaryDirectory directory;
  const FeatureCache cache(directory.path(), "a");
  const std::vector<FeatureEntry> entries = {{.image_id = "x"},
                                             {.image_id = "x", .part = "context"},
                                             {.image_id = "x-context"},
                                             {.image_id = "context/x"},
                                             {.image_id = "context"},
                                             {.image_id = "x-context", .part = "context"}};
  for (std::size_t i = 0; i < entries.size(); ++i) cache.Store(entries[i], RandomRegions(1, 4, i));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    CAPTURE(i);
    CHECK(cache.Load(entries[i]) == RandomRegions(1, 4, i));
  }
  fs::remove(directory / "recipe.txt");
  fs::remove(directory / "x.safetensors");
  CHECK_THROWS_WITH(FeatureCache(directory.path(), "a"), Catch::Contains("recipe.txt"));
}

TEST_CASE("features of another version of the results are refused") {
  const test::TemporaryDirectory directory;
  { const FeatureCache made(directory.path(), "backbone a\n"); }
  std::string recipe = ReadTextFile(directory / "recipe.txt");
  const std::size_t version = recipe.find(kResultsVersionLine);
  REQUIRE(version != std::string::npos);
  WriteFileWhole(directory / "recipe.txt",
                 recipe.replace(version, recipe.size(), "results of version 0\n"));
  CHECK_THROWS_WITH(
      FeatureCache(directory.path(), "backbone a\n"),
      Catch::Contains("another recipe") && Catch::Contains("results of version 0, now"));
}

}  // namespace
}  // namespace deeper
