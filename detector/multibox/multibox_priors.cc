#include "detector/multibox/multibox_priors.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string_view>

#include "core/error.h"
#include "core/files/file.h"
#include "core/random.h"
#include "core/text/parse.h"

namespace deeper {
namespace {

constexpr int kMostRounds = 200;
constexpr double kSmallestDeviation = 0.02;  // of a side of the picture

double SquaredDistance(const UnitBox& a, const UnitBox& b) {
  double sum = 0;
  for (std::size_t corner = 0; corner < 4; ++corner) {
    const double difference = a[corner] - b[corner];
    sum += difference * difference;
  }
  return sum;
}

std::size_t NearestOf(std::span<const UnitBox> centres, const UnitBox& box) {
  std::size_t nearest = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < centres.size(); ++i) {
    const double distance = SquaredDistance(centres[i], box);
    if (distance < least) {
      least = distance;
      nearest = i;
    }
  }
  return nearest;
}

// k-means++: each further centre is a random box, with a probability proportional to its weighted
// squared distance from the nearest centre so far.
std::vector<UnitBox> FirstCentres(std::span<const UnitBox> boxes,
                                  std::span<const double> weights,
                                  std::size_t count,
                                  Random& random) {
  std::vector<UnitBox> centres = {boxes[random.Below(boxes.size())]};
  std::vector<double> distances(boxes.size(), std::numeric_limits<double>::infinity());
  while (centres.size() < count) {
    double sum = 0;
    for (std::size_t n = 0; n < boxes.size(); ++n) {
      distances[n] = std::min(distances[n], weights[n] * SquaredDistance(boxes[n], centres.back()));
      sum += distances[n];
    }
    double left = sum * random.Uniform();
    std::size_t drawn = 0;
    for (std::size_t n = 0; n < boxes.size() && left >= 0; ++n) {
      if (distances[n] == 0) continue;
      drawn = n;
      left -= distances[n];
    }
    centres.push_back(boxes[drawn]);
  }
  return centres;
}

// Weighted sums over the boxes of a cluster.
struct Cluster {
  std::size_t count = 0;
  double weight = 0;
  UnitBox sum = {};
  UnitBox squares = {};  // of differences from the centre
};

std::vector<Cluster> ClustersOf(std::span<const UnitBox> boxes,
                                std::span<const double> weights,
                                std::span<const UnitBox> centres) {
  std::vector<Cluster> clusters(centres.size());
  for (std::size_t n = 0; n < boxes.size(); ++n) {
    const std::size_t i = NearestOf(centres, boxes[n]);
    Cluster& cluster = clusters[i];
    ++cluster.count;
    cluster.weight += weights[n];
    for (std::size_t corner = 0; corner < 4; ++corner) {
      const double difference = boxes[n][corner] - centres[i][corner];
      cluster.sum[corner] += weights[n] * boxes[n][corner];
      cluster.squares[corner] += weights[n] * difference * difference;
    }
  }
  return clusters;
}

// Moves each centre to the weighted mean of its boxes; one without boxes stays. Returns whether any
// moved.
bool MoveCentres(std::span<const Cluster> clusters, std::span<UnitBox> centres) {
  bool moved = false;
  for (std::size_t i = 0; i < centres.size(); ++i) {
    if (clusters[i].count == 0) continue;
    UnitBox mean = clusters[i].sum;
    for (double& value : mean) value /= clusters[i].weight;
    moved = moved || mean != centres[i];
    centres[i] = mean;
  }
  return moved;
}

}  // namespace

std::vector<MultiBoxPrior> LearnMultiBoxPriors(std::span<const UnitBox> boxes,
                                               std::size_t count,
                                               std::uint64_t seed,
                                               MultiBoxDistance distance) {
  Expects(count > 0, "at least one prior");
  const std::set<UnitBox> different(boxes.begin(), boxes.end());
  if (different.size() < count) {
    throw Error("MultiBox: expected at least " + std::to_string(count) +
                " different true boxes, one for each prior, found " +
                std::to_string(different.size()) + "; ask for fewer boxes or annotate more");
  }
  std::vector<double> weights;
  weights.reserve(boxes.size());
  for (const UnitBox& box : boxes) weights.push_back(WeightOf(box, distance));
  Random random(seed);
  std::vector<UnitBox> centres = FirstCentres(boxes, weights, count, random);
  std::vector<Cluster> clusters = ClustersOf(boxes, weights, centres);
  for (int round = 0; round < kMostRounds && MoveCentres(clusters, centres); ++round)
    clusters = ClustersOf(boxes, weights, centres);

  std::vector<std::size_t> order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return clusters[a].count > clusters[b].count;
  });
  std::vector<MultiBoxPrior> priors;
  for (const std::size_t i : order) {
    MultiBoxPrior& prior = priors.emplace_back();
    const double weight = clusters[i].count == 0 ? 1 : clusters[i].weight;
    for (std::size_t corner = 0; corner < 4; ++corner) {
      const double deviation = std::sqrt(clusters[i].squares[corner] / weight);
      prior.mean[corner] = static_cast<float>(centres[i][corner]);
      prior.deviation[corner] = static_cast<float>(std::max(deviation, kSmallestDeviation));
    }
  }
  return priors;
}

std::vector<MultiBoxPrior> ReadMultiBoxPriors(const std::filesystem::path& path) {
  const std::string text = ReadTextFile(path);
  std::vector<MultiBoxPrior> priors;
  std::size_t corner = 4;
  std::size_t line_number = 0;
  for (const std::string_view line : SplitLines(text)) {
    ++line_number;
    const std::vector<std::string_view> fields = SplitFields(line);
    if (fields.empty()) continue;
    std::optional<double> deviation;
    std::optional<double> mean;
    if (fields.size() == 2) {
      deviation = ParseDouble(fields[0]);
      mean = ParseDouble(fields[1]);
    }
    if (!deviation || !mean || *deviation <= 0) {
      throw Error(path.string() + ":" + std::to_string(line_number) +
                  ": expected a deviation above 0 and a mean, found '" + std::string(line) + "'");
    }
    if (corner == 4) {
      priors.emplace_back();
      corner = 0;
    }
    priors.back().deviation[corner] = static_cast<float>(*deviation);
    priors.back().mean[corner] = static_cast<float>(*mean);
    ++corner;
  }
  if (corner != 4 || priors.empty()) {
    throw Error(path.string() + ": expected four lines for each box, at least one box");
  }
  return priors;
}

}  // namespace deeper
