#pragma once

#include <boost/program_options.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/pictures/picture_files.h"

namespace deeper::tools {

// A part of a run's pictures: number `index` of `count`, counted from 1. Which picture belongs to
// which shard depends on its id and the count alone.
struct Shard {
  std::size_t index = 1;
  std::size_t count = 1;

  bool IsWhole() const { return count == 1; }
  bool operator==(const Shard&) const = default;
};

inline constexpr std::size_t kMostShards = 1'000'000;

// "3/64".
std::string ShardText(const Shard& shard);
// Nothing unless `text` is I/N with 1 <= I <= N <= kMostShards.
std::optional<Shard> ShardFromText(const std::string& text);

// The shard that the picture of this id belongs to, of `count` > 0: 1 .. count.
std::size_t ShardOfId(const std::string& id, std::size_t count);
// Positions of the shard's pictures, ascending.
std::vector<std::size_t> PicturesOfShard(const std::vector<Picture>& pictures, const Shard& shard);

// An environment variable's value, nothing where it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
std::optional<std::string> ProcessEnvironment(const std::string& name);

// The options that choose a shard, shared by the verbs that work picture by picture.
struct ShardOptions {
  std::string shard;   // "I/N"
  std::string shards;  // N, where the environment has I

  void AddOptions(boost::program_options::options_description& group);

  // Returns what the options say; else what a scheduler says in the environment (an array task of
  // Slurm, a rank of Open MPI or of MPICH's process manager, an index of a Kubernetes job); else
  // the whole. Throws UsageError for a malformed option and for two schedulers at once. Throws it
  // too where the environment has a number but not of how many, or does not say which part is
  // meant.
  struct Chosen {
    Shard shard;
    std::string source;  // "--shard", a variable's name, "" for the whole by default
  };
  Chosen Choose(const Environment& environment = ProcessEnvironment) const;
};

// Says on stderr which shard this is, where that comes from and how many it has of what the work is
// cut by. Says nothing of the whole by default.
void SayShard(const ShardOptions::Chosen& chosen,
              std::size_t own,
              std::size_t all,
              const std::string& what = "pictures");

}  // namespace deeper::tools
