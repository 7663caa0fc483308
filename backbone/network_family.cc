#include "backbone/network_family.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "backbone/execution/steps.h"
#include "backbone/googlenet.h"
#include "backbone/precision.h"
#include "backbone/rows.h"
#include "core/error.h"
#include "core/files/sha256.h"

namespace deeper {
namespace {

std::string NumbersText(const NetworkOptions& options) {
  std::string precision = NameOf(options.precision);
  if (options.precision != Precision::kInt8) return precision;
  return fmt::format("{} {}", precision, fmt::join(options.quantization->mean_bgr, " "));
}

// Adds what a layer computes with.
void Update(Sha256& hash,
            const Layer& layer,
            const Weights& weights,
            const NetworkOptions& options) {
  if (options.precision == Precision::kInt8) {
    const auto& scales = options.quantization->scales;
    if (const auto scale = scales.find(layer.output); scale != scales.end())
      hash.Update(fmt::format("{} {}\n", scale->first, scale->second));
  }
  if (layer.kind != LayerKind::kConvolution) return;
  hash.Update(weights.at(WeightName(layer.name)).data);
  hash.Update(weights.at(BiasName(layer.name)).data);
}

}  // namespace

std::vector<std::string> RowFingerprints(const Weights& weights, const NetworkOptions& options) {
  std::vector<std::string> fingerprints;
  std::string below = NumbersText(options);
  std::size_t done = 0;
  for (const std::string& row : RowNames()) {
    const std::vector<Layer> layers = FrozenLayers(row);
    Sha256 hash;
    hash.Update(below);
    for (; done < layers.size(); ++done) Update(hash, layers[done], weights, options);
    below = hash.HexDigest();
    fingerprints.push_back(below);
  }
  return fingerprints;
}

std::size_t CommonRows(std::span<const std::string> fingerprints,
                       std::span<const std::string> others) {
  const auto differs = std::ranges::mismatch(fingerprints, others);
  return static_cast<std::size_t>(differs.in1 - fingerprints.begin());
}

NetworkFamily::NetworkFamily(std::vector<const Network*> networks, std::size_t shared_rows)
    : networks_(std::move(networks)) {
  Expects(!networks_.empty(), "at least one network");
  if (networks_.size() == 1) return;
  const std::vector<std::string> rows = RowNames();
  Expects(shared_rows > 0 && shared_rows <= rows.size(), "rows that several networks share");
  shared_steps_ = StepsOf(FrozenLayers(rows[shared_rows - 1])).size();
}

std::vector<Workspace> NetworkFamily::MakeWorkspaces() const {
  std::vector<Workspace> workspaces;
  for (const Network* network : networks_) workspaces.push_back(network->MakeWorkspace());
  return workspaces;
}

CropRows NetworkFamily::Input(std::vector<Workspace>& workspaces) const {
  Expects(workspaces.size() == networks_.size(), "a workspace for each network");
  return networks_.front()->Input(workspaces.front());
}

void NetworkFamily::FeaturesOfInput(std::vector<Workspace>& workspaces,
                                    std::span<const std::span<float>> features) const {
  Expects(workspaces.size() == networks_.size(), "a workspace for each network");
  Expects(features.size() == networks_.size(), "room for the features of each network");
  if (networks_.size() == 1) {
    networks_.front()->FeaturesOfInput(workspaces.front(), features.front());
    return;
  }
  const std::span<const std::byte> shared =
      networks_.front()->RunFirst(shared_steps_, workspaces.front());
  // The first network last: its own later layers may overwrite what is shared.
  for (std::size_t i = networks_.size(); i-- > 0;) {
    networks_[i]->RunBehind(shared_steps_, shared, workspaces[i], features[i]);
  }
}

void NetworkFamily::ProfilesOfInput(std::vector<Workspace>& workspaces,
                                    std::size_t number,
                                    std::span<float> profiles) const {
  Expects(workspaces.size() == networks_.size(), "a workspace for each network");
  networks_.at(number)->ProfilesOfInput(workspaces[number], profiles);
}

}  // namespace deeper
