#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/class_table.h"
#include "tools/run/shard.h"

namespace deeper::tools {

// Work that is cut by classes leaves a file for each shard, its part. 'deeper merge' joins them.

// The classes of a shard, of `class_count`: every count-th, from the index-th on. Throws UsageError
// when it would have none.
std::vector<ClassId> ClassesOfShard(std::size_t class_count, const Shard& shard);

// Where ClassesOfShard puts a class: in which of the parts, from 0, and at which place among that
// part's classes.
struct PlaceInParts {
  std::size_t part = 0;
  std::size_t place = 0;
};
inline PlaceInParts PlaceOfClass(std::size_t position, std::size_t count) {
  return {.part = position % count, .place = position / count};
}

// Where the part of a shard lies beside the whole: "FILE.part-2-of-7.json" for the suffix ".json".
std::filesystem::path PartPath(const std::filesystem::path& whole,
                               const Shard& shard,
                               const std::string& suffix);
// The whole that such a part belongs to; nothing for a file that is not named like one.
std::optional<std::filesystem::path> WholeOfPart(const std::filesystem::path& part);

// A part's file and shard.
struct PartName {
  std::string source;
  Shard shard;
};

// The positions of the parts in the order of their shards. Throws Error, naming the files, unless
// each of one number of shards is there once. `whole` says to people what they are parts of.
std::vector<std::size_t> OrderOfParts(const std::vector<PartName>& parts, const std::string& whole);

}  // namespace deeper::tools
