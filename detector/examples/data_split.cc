#include "detector/examples/data_split.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/random.h"
#include "core/text/quantities.h"

namespace deeper {

namespace {

constexpr std::size_t kKeptToTrainOn = 2;  // pictures of a class of a small data set

// A number from 0 to 1 that depends on the name alone.
double DrawOf(std::string_view image_id) { return Random(Fnv1a(image_id)).Uniform(); }

// Chooses the pictures of a small data set.
class ByClasses {
 public:
  explicit ByClasses(const Dataset& dataset)
      : classes_(dataset.images.size()),
        training_(dataset.classes.Size()),
        held_out_(dataset.classes.Size()),
        is_held_out_(dataset.images.size()),
        order_(dataset.images.size()) {
    for (std::size_t i = 0; i < dataset.images.size(); ++i) {
      for (const Annotation& annotation : dataset.images[i].annotations)
        classes_[i].insert(IndexOf(annotation.class_id));
      for (const std::size_t c : classes_[i]) ++training_[c];
    }
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::ranges::sort(order_, {}, [&](std::size_t i) {
      const std::string& id = dataset.images[i].id;
      return std::pair(DrawOf(id), id);
    });
  }

  std::vector<bool> Choose(std::size_t wanted) {
    std::vector<std::size_t> rarest(training_.size());
    std::iota(rarest.begin(), rarest.end(), std::size_t{0});
    std::ranges::stable_sort(rarest, {}, [&](std::size_t c) { return training_[c]; });
    for (const std::size_t c : rarest) {
      if (held_out_[c] == 0) HoldOutOne([&](std::size_t i) { return classes_[i].contains(c); });
    }
    while (count_ < wanted && HoldOutOne([](std::size_t) { return true; })) {
    }
    return is_held_out_;
  }

 private:
  // Holds out the first picture that may be and is wanted. Returns whether there was one.
  template <typename Wanted>
  bool HoldOutOne(const Wanted& wanted) {
    for (const std::size_t i : order_) {
      if (is_held_out_[i] || !wanted(i) || !MayBeHeldOut(i)) continue;
      is_held_out_[i] = true;
      ++count_;
      for (const std::size_t c : classes_[i]) {
        --training_[c];
        ++held_out_[c];
      }
      return true;
    }
    return false;
  }

  bool MayBeHeldOut(std::size_t i) const {
    return count_ + kKeptToTrainOn < order_.size() &&
           std::ranges::all_of(classes_[i],
                               [&](std::size_t c) { return training_[c] > kKeptToTrainOn; });
  }

  std::vector<std::set<std::size_t>> classes_;  // of each picture
  std::vector<std::size_t> training_;           // pictures of each class that are trained on
  std::vector<std::size_t> held_out_;           // and that are not
  std::vector<bool> is_held_out_;
  std::vector<std::size_t> order_;  // of the pictures, as names draw it
  std::size_t count_ = 0;           // of those held out
};

}  // namespace

Holdout::Holdout(const Dataset& dataset, double fraction) {
  const std::size_t pictures = dataset.images.size();
  if (fraction <= 0 || pictures >= kSmallDataset) {
    fraction_ = fraction;
    return;
  }
  const auto wanted =
      static_cast<std::size_t>(std::lround(fraction * static_cast<double>(pictures)));
  const std::vector<bool> is_held_out = ByClasses(dataset).Choose(wanted);
  ids_.emplace();
  for (std::size_t i = 0; i < pictures; ++i) {
    if (is_held_out[i]) ids_->insert(dataset.images[i].id);
  }
}

bool Holdout::Contains(std::string_view image_id) const {
  return ids_ ? ids_->contains(image_id) : DrawOf(image_id) < fraction_;
}

std::string HoldoutText(const Dataset& dataset, const Holdout& holdout) {
  std::size_t count = 0;
  std::vector<bool> is_shown(dataset.classes.Size());
  for (const AnnotatedImage& image : dataset.images) {
    if (!holdout.Contains(image.id)) continue;
    ++count;
    for (const Annotation& annotation : image.annotations)
      is_shown[IndexOf(annotation.class_id)] = true;
  }
  const std::string pictures = Counted(dataset.images.size(), "pictures");
  if (count == 0) return fmt::format("none of the {} is held out: nothing is measured", pictures);
  std::vector<std::string> unseen;
  for (std::size_t c = 0; c < is_shown.size(); ++c) {
    if (!is_shown[c]) unseen.push_back("'" + dataset.classes.Name(ClassAt(c)) + "'");
  }
  return fmt::format(
      "{} of {} {} held out, to judge by{}",
      count,
      pictures,
      count == 1 ? "is" : "are",
      unseen.empty() ? "" : fmt::format("; none of them shows {}", fmt::join(unseen, ", ")));
}

SplitPositions SplitPositionsOf(const Dataset& dataset, double held_out_fraction) {
  SplitPositions split;
  const Holdout holdout(dataset, held_out_fraction);
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const bool is_held_out = holdout.Contains(dataset.images[i].id);
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
