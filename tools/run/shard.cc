#include "tools/run/shard.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "core/random.h"
#include "core/text/parse.h"
#include "tools/options/option_errors.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

std::optional<std::size_t> CountIn(const std::string& text) {
  const auto number = ParseInt(text);
  if (!number || *number < 0 || *number > static_cast<long long>(kMostShards)) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

// The number in an environment variable; nothing where it is not set.
std::optional<std::size_t> NumberOf(const Environment& environment, const std::string& name) {
  const std::optional<std::string> text = environment(name);
  if (!text) return std::nullopt;
  const std::optional<std::size_t> number = CountIn(*text);
  if (number) return number;
  throw UsageError(fmt::format(
      "{} is '{}' in the environment, expected a number from 0 to {}; say which part of the "
      "pictures is meant with --shard I/N, or --shard 1/1 for all",
      name,
      *text,
      kMostShards));
}

// Number `from_zero` of `count`, as `name` in the environment says.
Shard Numbered(std::size_t from_zero, std::size_t count, const std::string& name) {
  if (from_zero < count) return {.index = from_zero + 1, .count = count};
  throw UsageError(
      fmt::format("{} names part {} of {}, which is none of them", name, from_zero + 1, count));
}

// A task of an array. Without --shards, the array is the whole work and its numbers are without
// gaps from 0 or 1: an array that was cut down to redo some tasks is not taken for it.
std::optional<Shard> SlurmShard(const Environment& environment, std::optional<std::size_t> shards) {
  constexpr const char* kName = "SLURM_ARRAY_TASK_ID";
  const std::optional<std::size_t> id = NumberOf(environment, kName);
  if (!id) return std::nullopt;
  if (shards) {
    if (*id == 0) {
      throw UsageError(
          fmt::format("{} is 0; with --shards, arrays count from 1: --array=1-{}", kName, *shards));
    }
    return Numbered(*id - 1, *shards, kName);
  }
  const std::optional<std::size_t> count = NumberOf(environment, "SLURM_ARRAY_TASK_COUNT");
  const std::optional<std::size_t> first = NumberOf(environment, "SLURM_ARRAY_TASK_MIN");
  const std::optional<std::size_t> last = NumberOf(environment, "SLURM_ARRAY_TASK_MAX");
  const bool has_no_gaps =
      count && first && *first <= 1 && *id >= *first && (!last || *last - *first + 1 == *count);
  if (!has_no_gaps) {
    throw UsageError(
        "this task's Slurm array does not say into how many parts the pictures are cut: expected "
        "--array=1-N or 0-(N-1) without gaps; for a part of such an array add --shards N and count "
        "from 1");
  }
  return Numbered(*id - *first, *count, kName);
}

// A rank and its size, counted from 0.
std::optional<Shard> RankShard(const Environment& environment,
                               std::optional<std::size_t> shards,
                               const std::string& rank_name,
                               const std::string& size_name) {
  const std::optional<std::size_t> rank = NumberOf(environment, rank_name);
  if (!rank) return std::nullopt;
  const std::optional<std::size_t> size =
      shards || size_name.empty() ? shards : NumberOf(environment, size_name);
  if (!size) {
    throw UsageError(fmt::format(
        "{} is set, but not of how many: add --shards N, or --shard 1/1 for all pictures",
        rank_name));
  }
  return Numbered(*rank, *size, rank_name);
}

}  // namespace

std::string ShardText(const Shard& shard) { return fmt::format("{}/{}", shard.index, shard.count); }

std::optional<Shard> ShardFromText(const std::string& text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const std::optional<std::size_t> index = CountIn(text.substr(0, slash));
  const std::optional<std::size_t> count = CountIn(text.substr(slash + 1));
  if (!index || !count || *index < 1 || *index > *count) return std::nullopt;
  return Shard{.index = *index, .count = *count};
}

std::size_t ShardOfId(const std::string& id, std::size_t count) {
  return static_cast<std::size_t>(Random(Fnv1a(id)).Below(count)) + 1;
}

std::vector<std::size_t> PicturesOfShard(const std::vector<Picture>& pictures, const Shard& shard) {
  std::vector<std::size_t> own;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    if (ShardOfId(pictures[i].id, shard.count) == shard.index) own.push_back(i);
  }
  return own;
}

std::optional<std::string> ProcessEnvironment(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

void ShardOptions::AddOptions(po::options_description& group) {
  // clang-format off
  group.add_options()
      ("shard", po::value(&shard)->value_name("I/N"), "do part I of N, counted from 1, for 'deeper merge' to join; default: what Slurm arrays, MPI or a Kubernetes job say in the environment, else all")
      ("shards", po::value(&shards)->value_name("N"), "number of parts, where the environment has this part's number alone");
  // clang-format on
}

ShardOptions::Chosen ShardOptions::Choose(const Environment& environment) const {
  std::optional<std::size_t> given_count;
  if (!shards.empty()) {
    given_count = CountIn(shards);
    if (!given_count || *given_count == 0) {
      throw UsageError(
          fmt::format("--shards is '{}', expected a number from 1 to {}", shards, kMostShards));
    }
  }
  if (!shard.empty()) {
    const std::optional<Shard> given = ShardFromText(shard);
    if (!given || given_count) {
      throw UsageError(
          fmt::format("--shard is '{}', expected I/N with I from 1 to N, without --shards", shard));
    }
    return {.shard = *given, .source = "--shard"};
  }
  const std::vector<std::pair<std::string, std::optional<Shard>>> schedulers = {
      {"SLURM_ARRAY_TASK_ID", SlurmShard(environment, given_count)},
      {"OMPI_COMM_WORLD_RANK",
       RankShard(environment, given_count, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE")},
      {"PMI_RANK", RankShard(environment, given_count, "PMI_RANK", "PMI_SIZE")},
      {"JOB_COMPLETION_INDEX", RankShard(environment, given_count, "JOB_COMPLETION_INDEX", "")}};
  Chosen chosen;
  for (const auto& [name, said] : schedulers) {
    if (!said) continue;
    if (!chosen.source.empty() && said->count > 1 && chosen.shard.count > 1 &&
        *said != chosen.shard) {
      throw UsageError(fmt::format(
          "both {} and {} say which part of the pictures this is; say it with --shard I/N",
          chosen.source,
          name));
    }
    if (chosen.source.empty() || said->count > 1) chosen = {.shard = *said, .source = name};
  }
  if (chosen.source.empty() && given_count && *given_count > 1) {
    throw UsageError(
        "--shards says of how many parts, but neither --shard nor the environment "
        "says which; use --shard I/N");
  }
  return chosen;
}

void SayShard(const ShardOptions::Chosen& chosen,
              std::size_t own,
              std::size_t all,
              const std::string& what) {
  if (chosen.source.empty()) return;
  fmt::print(stderr,
             "shard {} (from {}): {} of {} {}\n",
             ShardText(chosen.shard),
             chosen.source,
             own,
             all,
             what);
}

}  // namespace deeper::tools
