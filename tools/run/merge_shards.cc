#include "tools/run/merge_shards.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/other_recipe.h"
#include "core/text/quantities.h"

namespace deeper::tools {

namespace fs = std::filesystem;

namespace {

// "found/journal-3-of-64.jsonl" is one; "found/journal.jsonl", of a whole run, is none.
bool IsShardsName(const std::string& name) {
  constexpr std::string_view kEnding = ".jsonl";
  const std::size_t journal = name.rfind("journal-");
  if (journal == std::string::npos || !name.ends_with(kEnding)) return false;
  std::string numbers = name.substr(journal + std::string_view("journal-").size());
  numbers.resize(numbers.size() - kEnding.size());
  const std::size_t of = numbers.find("-of-");
  if (of == std::string::npos) return false;
  const std::string index = numbers.substr(0, of);
  const std::string count = numbers.substr(of + std::string_view("-of-").size());
  return ShardFromText(fmt::format("{}/{}", index, count)).has_value();
}

// All that parts of a run have in common, as a recipe.
std::string CommonRecipeOf(const RunRecord& run) {
  return fmt::format("verb {}\nparts {}\npicture_count {}\npicture_names {}\n{}",
                     run.verb,
                     run.shard.count,
                     run.picture_count,
                     run.pictures,
                     run.configuration);
}

void RequireSameRun(const std::vector<ShardFile>& shards) {
  const ShardFile& first = shards.front();
  std::map<std::size_t, std::string> source_of_shard;
  for (const ShardFile& shard : shards) {
    RequireRecipe(CommonRecipeOf(first.content.run),
                  CommonRecipeOf(shard.content.run),
                  fmt::format("{} is no part of the run of {}", shard.source, first.source),
                  "Name the parts of one run alone.");
    const auto [other, is_new] =
        source_of_shard.emplace(shard.content.run.shard.index, shard.source);
    if (!is_new) {
      throw Error(fmt::format("{} and {} are both shard {}; name one of them",
                              other->second,
                              shard.source,
                              ShardText(shard.content.run.shard)));
    }
  }
}

// Shards that are missing or not finished, for people; "" when all is there.
std::string MissingText(const std::vector<ShardFile>& shards) {
  std::set<std::size_t> missing;
  const std::size_t count = shards.front().content.run.shard.count;
  for (std::size_t index = 1; index <= count; ++index) missing.insert(index);
  std::string text;
  for (const ShardFile& shard : shards) {
    const RunRecord& run = shard.content.run;
    missing.erase(run.shard.index);
    if (shard.content.entries.size() != run.shard_pictures) {
      text += fmt::format("\n  shard {} has {} of {} ({}): repeat its command",
                          ShardText(run.shard),
                          shard.content.entries.size(),
                          Counted(run.shard_pictures, "pictures"),
                          shard.source);
    }
  }
  constexpr std::size_t kMostShown = 20;
  std::size_t shown = 0;
  for (const std::size_t index : missing) {
    if (shown++ == kMostShown) {
      text += fmt::format("\n  and {} more", missing.size() - kMostShown);
      break;
    }
    text += fmt::format("\n  shard {}/{} is missing", index, count);
  }
  return text;
}

}  // namespace

std::vector<fs::path> JournalsOf(const std::vector<std::string>& words) {
  std::set<fs::path> journals;
  for (const std::string& word : words) {
    if (!fs::is_directory(word)) {
      journals.insert(word);
      continue;
    }
    const std::size_t before = journals.size();
    for (const fs::directory_entry& entry : fs::directory_iterator(word)) {
      if (IsShardsName(entry.path().filename().string())) journals.insert(entry.path());
    }
    if (journals.size() == before) {
      throw Error(fmt::format(
          "{}: expected journals of shards in it, named like journal-3-of-64.jsonl, found none",
          word));
    }
  }
  return {journals.begin(), journals.end()};
}

MergedShards MergeShards(std::vector<ShardFile> shards) {
  if (shards.empty()) throw Error("expected journals of shards, found none");
  RequireSameRun(shards);
  if (const std::string missing = MissingText(shards); !missing.empty()) {
    throw Error(fmt::format("the shards do not cover all {} pictures:{}",
                            shards.front().content.run.picture_count,
                            missing));
  }
  MergedShards merged{
      .run = shards.front().content.run, .first_source = shards.front().source, .entries = {}};
  std::map<std::size_t, std::string> source_of;
  for (ShardFile& shard : shards) {
    for (auto& [position, entry] : shard.content.entries) {
      const auto [other, is_new] = source_of.emplace(position, shard.source);
      if (!is_new) {
        throw Error(
            fmt::format("picture {} is in both {} and {}", position, other->second, shard.source));
      }
      merged.entries.emplace(position, std::move(entry));
    }
  }
  if (merged.entries.size() != merged.run.picture_count) {
    throw Error(fmt::format("the shards hold {} pictures, expected {}",
                            merged.entries.size(),
                            merged.run.picture_count));
  }
  return merged;
}

}  // namespace deeper::tools
