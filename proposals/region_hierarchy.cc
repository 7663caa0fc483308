#include "proposals/region_hierarchy.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <queue>

#include "core/error.h"

namespace deeper {
namespace {

// Returns
//   sum_i min(a_i, b_i)
// in eight interleaved sums, in one fixed order. Expects length to be a multiple of 8.
float Intersection(const float* a, const float* b, std::size_t length) {
  std::array<float, 8> sums{};
  for (std::size_t i = 0; i < length; i += sums.size()) {
    for (std::size_t j = 0; j < sums.size(); ++j)
      sums[j] += a[i + j] < b[i + j] ? a[i + j] : b[i + j];
  }
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

struct Candidate {
  float similarity = 0;
  RegionPair pair;

  // The heap's order: the most similar on top, then the pair of older regions.
  bool operator<(const Candidate& other) const {
    if (similarity != other.similarity) return similarity < other.similarity;
    return other.pair < pair;
  }
};

// The regions of one hierarchy: the initial ones 0 .. n-1, then the merged ones in the order of the
// merges.
class Hierarchy {
 public:
  Hierarchy(const GroupingFeatures& initial, const Similarities& similarities)
      : initial_(initial),
        similarities_(similarities),
        initial_count_(initial.RegionCount()),
        size_px_(initial.size_px),
        boxes_(initial.boxes),
        image_px_(
            static_cast<float>(std::accumulate(size_px_.begin(), size_px_.end(), std::int64_t{0}))),
        neighbours_(2 * initial_count_ - 1),
        met_in_(2 * initial_count_ - 1, 0),
        alive_(2 * initial_count_ - 1, 0) {
    size_px_.reserve(alive_.size());
    boxes_.reserve(alive_.size());
    if (UsesHistograms()) merged_histograms_.resize((initial_count_ - 1) * initial.RowLength());
    std::fill_n(alive_.begin(), initial_count_, 1);
  }

  void Connect(const RegionPair& pair) {
    neighbours_[Index(pair.a)].push_back(pair.b);
    neighbours_[Index(pair.b)].push_back(pair.a);
    heap_.push({.similarity = Similarity(pair), .pair = pair});
  }

  // The most similar pair of regions that both still exist. Candidates with merged regions are
  // skipped.
  RegionPair TakeMostSimilar() {
    for (;;) {
      Expects(!heap_.empty(), "neighbours that connect all regions");
      const RegionPair pair = heap_.top().pair;
      heap_.pop();
      if (alive_[Index(pair.a)] != 0 && alive_[Index(pair.b)] != 0) return pair;
    }
  }

  const PixelBox& Merge(const RegionPair& pair) {
    const auto merged = static_cast<int>(size_px_.size());
    boxes_.push_back(Union(boxes_[Index(pair.a)], boxes_[Index(pair.b)]));
    size_px_.push_back(size_px_[Index(pair.a)] + size_px_[Index(pair.b)]);
    if (UsesHistograms()) MergeHistograms(pair, merged);
    alive_[Index(pair.a)] = 0;
    alive_[Index(pair.b)] = 0;
    alive_[Index(merged)] = 1;
    for (const int side : {pair.a, pair.b}) {
      for (const int neighbour : neighbours_[Index(side)]) {
        if (alive_[Index(neighbour)] == 0 || met_in_[Index(neighbour)] == merged) continue;
        met_in_[Index(neighbour)] = merged;
        Connect({.a = neighbour, .b = merged});
      }
      neighbours_[Index(side)] = {};
    }
    return boxes_.back();
  }

 private:
  static std::size_t Index(int region) { return static_cast<std::size_t>(region); }
  bool UsesHistograms() const { return similarities_.colour || similarities_.texture; }

  const float* Histograms(int region) const {
    if (Index(region) < initial_count_) return initial_.Texture(Index(region));
    return merged_histograms_.data() + (Index(region) - initial_count_) * initial_.RowLength();
  }

  void MergeHistograms(const RegionPair& pair, int merged) {
    const float* const a = Histograms(pair.a);
    const float* const b = Histograms(pair.b);
    float* const sum =
        merged_histograms_.data() + (Index(merged) - initial_count_) * initial_.RowLength();
    const auto size = static_cast<float>(size_px_[Index(merged)]);
    const float weight_a = static_cast<float>(size_px_[Index(pair.a)]) / size;
    const float weight_b = static_cast<float>(size_px_[Index(pair.b)]) / size;
    for (std::size_t i = 0; i < initial_.RowLength(); ++i)
      sum[i] = weight_a * a[i] + weight_b * b[i];
  }

  float Similarity(const RegionPair& pair) const {
    float similarity = 0;
    if (UsesHistograms()) {
      const float* const a = Histograms(pair.a);
      const float* const b = Histograms(pair.b);
      const std::size_t texture = initial_.texture_length;
      if (similarities_.colour) {
        similarity += Intersection(a + texture, b + texture, initial_.colour_length);
      }
      if (similarities_.texture) similarity += Intersection(a, b, texture);
    }
    const auto pixels = static_cast<float>(size_px_[Index(pair.a)] + size_px_[Index(pair.b)]);
    if (similarities_.size) similarity += 1.0F - pixels / image_px_;
    if (similarities_.fill) {
      const PixelBox box = Union(boxes_[Index(pair.a)], boxes_[Index(pair.b)]);
      const auto box_px = static_cast<float>(std::int64_t{box.Width()} * box.Height());
      similarity += 1.0F - (box_px - pixels) / image_px_;
    }
    return similarity;
  }

  const GroupingFeatures& initial_;
  const Similarities similarities_;
  const std::size_t initial_count_;
  std::vector<int> size_px_;
  std::vector<PixelBox> boxes_;
  const float image_px_;
  std::vector<float> merged_histograms_;
  std::vector<std::vector<int>> neighbours_;  // merged ones among them are skipped when read
  std::vector<int> met_in_;                   // the last merge that saw this region as a neighbour
  std::vector<std::uint8_t> alive_;           // exists and is not merged yet
  std::priority_queue<Candidate> heap_;
};

}  // namespace

std::vector<RegionPair> FindNeighbours(const Segmentation& segmentation) {
  std::vector<RegionPair> pairs;
  const auto width = static_cast<std::size_t>(segmentation.width);
  const std::vector<std::int32_t>& labels = segmentation.labels;
  const auto add = [&pairs](std::int32_t a, std::int32_t b) {
    if (a == b) return;
    const RegionPair pair{.a = std::min(a, b), .b = std::max(a, b)};
    if (pairs.empty() || pairs.back() != pair) pairs.push_back(pair);
  };
  for (std::size_t i = 0; i + 1 < labels.size(); ++i) {
    if ((i + 1) % width != 0) add(labels[i], labels[i + 1]);
  }
  for (std::size_t i = 0; i + width < labels.size(); ++i) add(labels[i], labels[i + width]);
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return pairs;
}

std::vector<PixelBox> GrowHierarchy(const GroupingFeatures& features,
                                    const std::vector<RegionPair>& neighbours,
                                    const Similarities& similarities) {
  Expects(features.RegionCount() > 0, "at least one region");
  Hierarchy hierarchy(features, similarities);
  for (const RegionPair& pair : neighbours) hierarchy.Connect(pair);
  std::vector<PixelBox> merged;
  merged.reserve(features.RegionCount() - 1);
  while (merged.size() + 1 < features.RegionCount()) {
    merged.push_back(hierarchy.Merge(hierarchy.TakeMostSimilar()));
  }
  return merged;
}

}  // namespace deeper
