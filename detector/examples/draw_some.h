#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "core/random.h"

namespace deeper {

// `count` items of a list in the order in which they are drawn, each at most once; all if there are
// no more.
template <typename Item>
std::vector<Item> DrawSome(std::vector<Item> list, std::size_t count, Random& random) {
  const std::size_t drawn = std::min(count, list.size());
  for (std::size_t i = 0; i < drawn; ++i)
    std::swap(list[i], list[i + random.Below(list.size() - i)]);
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(drawn), list.end());
  return list;
}

}  // namespace deeper
