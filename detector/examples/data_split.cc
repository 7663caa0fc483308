#include "detector/examples/data_split.h"

#include "core/random.h"

namespace deeper {

bool IsHeldOut(std::string_view image_id, double fraction) {
  return Random(Fnv1a(image_id)).Uniform() < fraction;
}

SplitPositions SplitPositionsOf(const Dataset& dataset, double held_out_fraction) {
  SplitPositions split;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const bool is_held_out = IsHeldOut(dataset.images[i].id, held_out_fraction);
    (is_held_out ? split.held_out : split.training).push_back(i);
  }
  return split;
}

Split SplitOf(const Dataset& dataset, double held_out_fraction) {
  const SplitPositions split = SplitPositionsOf(dataset, held_out_fraction);
  return {.training = SubsetOf(dataset, split.training),
          .held_out = SubsetOf(dataset, split.held_out)};
}

Dataset SubsetOf(const Dataset& dataset, const std::vector<std::size_t>& positions) {
  Dataset subset = {
      .name = dataset.name, .classes = dataset.classes, .images = {}, .blacklist = {}};
  for (const std::size_t i : positions) {
    const auto first = dataset.blacklist.lower_bound({i, ClassAt(0)});
    for (auto pair = first; pair != dataset.blacklist.end() && pair->first == i; ++pair)
      subset.blacklist.emplace(subset.images.size(), pair->second);
    subset.images.push_back(dataset.images[i]);
  }
  return subset;
}

}  // namespace deeper
