#include "tools/run/shard.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <set>

#include "core/pictures/picture_files.h"
#include "tests/support/catch.h"
#include "tools/options/option_errors.h"

namespace deeper::tools {
namespace {

Environment Of(std::map<std::string, std::string> variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

Shard Chosen(const std::map<std::string, std::string>& variables,
             const std::string& shards = "",
             const std::string& shard = "") {
  return ShardOptions{.shard = shard, .shards = shards}.Choose(Of(variables)).shard;
}

std::vector<Picture> ManyPictures() {
  std::vector<Picture> pictures;
  for (int i = 0; i < 10000; ++i) {
    pictures.push_back({.path = {}, .id = fmt::format("dir{}/img_{:05}", i % 7, i)});
  }
  return pictures;
}

TEST_CASE("every picture belongs to exactly one shard, and shards are about equally large") {
  const std::vector<Picture> pictures = ManyPictures();
  for (const std::size_t count : {1U, 2U, 7U, 64U}) {
    CAPTURE(count);
    std::set<std::size_t> seen;
    const double fair = static_cast<double>(pictures.size()) / static_cast<double>(count);
    for (std::size_t index = 1; index <= count; ++index) {
      const std::vector<std::size_t> own =
          PicturesOfShard(pictures, {.index = index, .count = count});
      // Six standard deviations of a binomial count.
      CHECK(std::abs(static_cast<double>(own.size()) - fair) <= 6 * std::sqrt(fair));
      for (const std::size_t i : own) CHECK(seen.insert(i).second);
    }
    CHECK(seen.size() == pictures.size());
  }
}

TEST_CASE("a picture's shard does not depend on the other pictures") {
  std::vector<Picture> pictures = ManyPictures();
  const Shard shard{.index = 3, .count = 7};
  const std::string id = pictures[PicturesOfShard(pictures, shard).front()].id;
  CHECK(PicturesOfShard({{.path = "elsewhere", .id = id}}, shard).size() == 1);
  // By an independent computation of FNV-1a and SplitMix64; a change would mix old journals with
  // new ones.
  CHECK(ShardOfId("000043", 64) == 33);
}

TEST_CASE("I/N is read strictly") {
  CHECK(ShardFromText("3/64") == Shard{.index = 3, .count = 64});
  for (const char* text :
       {"", "/", "3", "0/4", "5/4", "-1/4", "1/0", "1/4 ", "1/2/3", "a/b", "1/2000000"}) {
    CAPTURE(text);
    CHECK_FALSE(ShardFromText(text));
    if (*text != 0) CHECK_THROWS_AS(Chosen({}, "", text), UsageError);
  }
}

TEST_CASE("schedulers are believed") {
  CHECK(Chosen({}) == Shard{});
  const std::map<std::string, std::string> from_one = {{"SLURM_ARRAY_TASK_ID", "3"},
                                                       {"SLURM_ARRAY_TASK_COUNT", "8"},
                                                       {"SLURM_ARRAY_TASK_MIN", "1"},
                                                       {"SLURM_ARRAY_TASK_MAX", "8"}};
  CHECK(Chosen(from_one) == Shard{.index = 3, .count = 8});
  CHECK(Chosen({{"SLURM_ARRAY_TASK_ID", "3"},
                {"SLURM_ARRAY_TASK_COUNT", "8"},
                {"SLURM_ARRAY_TASK_MIN", "0"}}) == Shard{.index = 4, .count = 8});
  CHECK(Chosen({{"OMPI_COMM_WORLD_RANK", "0"}, {"OMPI_COMM_WORLD_SIZE", "4"}}) ==
        Shard{.index = 1, .count = 4});
  CHECK(Chosen({{"PMI_RANK", "3"}, {"PMI_SIZE", "4"}}) == Shard{.index = 4, .count = 4});
  CHECK(Chosen({{"JOB_COMPLETION_INDEX", "4"}}, "5") == Shard{.index = 5, .count = 5});
  CHECK(Chosen(from_one, "", "2/3") == Shard{.index = 2, .count = 3});
  CHECK(Chosen(from_one, "", "1/1") == Shard{});
}

TEST_CASE("a single rank is the whole, and two variables that agree are one") {
  CHECK(Chosen({{"OMPI_COMM_WORLD_RANK", "0"},
                {"OMPI_COMM_WORLD_SIZE", "1"},
                {"PMI_RANK", "1"},
                {"PMI_SIZE", "2"}}) == Shard{.index = 2, .count = 2});
  CHECK(Chosen({{"OMPI_COMM_WORLD_RANK", "1"},
                {"OMPI_COMM_WORLD_SIZE", "2"},
                {"PMI_RANK", "1"},
                {"PMI_SIZE", "2"}}) == Shard{.index = 2, .count = 2});
}

TEST_CASE("an array that was cut down to redo a task needs the number of parts") {
  const std::map<std::string, std::string> redo = {{"SLURM_ARRAY_TASK_ID", "5"},
                                                   {"SLURM_ARRAY_TASK_COUNT", "1"},
                                                   {"SLURM_ARRAY_TASK_MIN", "5"},
                                                   {"SLURM_ARRAY_TASK_MAX", "5"}};
  CHECK_THROWS_WITH(Chosen(redo), Catch::Contains("--shards N"));
  CHECK(Chosen(redo, "8") == Shard{.index = 5, .count = 8});
  CHECK_THROWS_WITH(Chosen({{"SLURM_ARRAY_TASK_ID", "0"},
                            {"SLURM_ARRAY_TASK_COUNT", "3"},
                            {"SLURM_ARRAY_TASK_MIN", "0"},
                            {"SLURM_ARRAY_TASK_MAX", "7"}}),
                    Catch::Contains("without gaps"));
  CHECK_THROWS_WITH(Chosen({{"SLURM_ARRAY_TASK_ID", "0"}}, "4"), Catch::Contains("--array=1-4"));
}

TEST_CASE("what leaves the part open is refused and names its variable") {
  CHECK_THROWS_WITH(Chosen({{"JOB_COMPLETION_INDEX", "4"}}),
                    Catch::Contains("JOB_COMPLETION_INDEX"));
  CHECK_THROWS_WITH(Chosen({{"JOB_COMPLETION_INDEX", "5"}}, "5"), Catch::Contains("part 6 of 5"));
  CHECK_THROWS_WITH(Chosen({{"PMI_RANK", "x"}, {"PMI_SIZE", "2"}}),
                    Catch::Contains("PMI_RANK is 'x'"));
  CHECK_THROWS_WITH(Chosen({{"PMI_RANK", "1"},
                            {"PMI_SIZE", "2"},
                            {"OMPI_COMM_WORLD_RANK", "1"},
                            {"OMPI_COMM_WORLD_SIZE", "4"}}),
                    Catch::Contains("OMPI_COMM_WORLD_RANK and PMI_RANK"));
  CHECK_THROWS_WITH(Chosen({}, "4"), Catch::Contains("--shard I/N"));
  CHECK_THROWS_WITH(Chosen({}, "0"), Catch::Contains("--shards is '0'"));
}

}  // namespace
}  // namespace deeper::tools
