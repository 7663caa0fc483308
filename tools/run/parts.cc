#include "tools/run/parts.h"

#include <fmt/format.h>

#include "core/error.h"
#include "tools/options/option_errors.h"

namespace deeper::tools {

namespace fs = std::filesystem;

std::vector<ClassId> ClassesOfShard(std::size_t class_count, const Shard& shard) {
  std::vector<ClassId> own;
  for (std::size_t j = shard.index - 1; j < class_count; j += shard.count) {
    own.push_back(ClassAt(j));
  }
  if (own.empty()) {
    throw UsageError(fmt::format("shard {} has no class; there are {}, for as many parts at most",
                                 ShardText(shard),
                                 class_count));
  }
  return own;
}

fs::path PartPath(const fs::path& whole, const Shard& shard, const std::string& suffix) {
  return fmt::format("{}.part-{}-of-{}{}", whole.string(), shard.index, shard.count, suffix);
}

std::optional<fs::path> WholeOfPart(const fs::path& part) {
  const std::string name = part.string();
  const std::size_t place = name.rfind(".part-");
  if (place == std::string::npos) return std::nullopt;
  return name.substr(0, place);
}

std::vector<std::size_t> OrderOfParts(const std::vector<PartName>& parts,
                                      const std::string& whole) {
  if (parts.empty()) throw Error(fmt::format("expected parts of {}, found none", whole));
  const PartName& first = parts.front();
  std::vector<std::optional<std::size_t>> by_index(first.shard.count);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& [source, shard] = parts[i];
    if (shard.count != first.shard.count) {
      throw Error(fmt::format("{} is one of {} parts, {} one of {}",
                              first.source,
                              first.shard.count,
                              source,
                              shard.count));
    }
    std::optional<std::size_t>& place = by_index[shard.index - 1];
    if (place) {
      throw Error(fmt::format("{} and {} are both part {}; name one of them",
                              parts[*place].source,
                              source,
                              ShardText(shard)));
    }
    place = i;
  }
  std::string missing;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < by_index.size(); ++i) {
    if (by_index[i]) {
      order.push_back(*by_index[i]);
    } else {
      missing += fmt::format("{}{}/{}", missing.empty() ? "" : ", ", i + 1, by_index.size());
    }
  }
  if (!missing.empty()) throw Error(fmt::format("missing of the parts of {}: {}", whole, missing));
  return order;
}

}  // namespace deeper::tools
