#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "backbone/execution/crop_rows.h"
#include "backbone/network.h"
#include "backbone/weights.h"

namespace deeper {

// One fingerprint per row of the table: of the stem, then of the inception modules in their order.
// It covers all that the row's output depends on: the weights from the crop up to the row, the
// precision and, in int8, the quantization. Networks with equal fingerprints of a row give the same
// activations for the same crop. Expects weights that fit the table.
std::vector<std::string> RowFingerprints(const Weights& weights, const NetworkOptions& options);

// How many rows, from the stem on, are equal in both.
std::size_t CommonRows(std::span<const std::string> fingerprints,
                       std::span<const std::string> others);

// Networks that read the same crops, run together. The rows that they have in common run once for
// all of them, so networks that were fine-tuned above a frozen part cost little more than one. Each
// gives the same features as when it runs alone, bit for bit. Const, and safe to use from several
// threads, each with its own workspaces.
class NetworkFamily {
 public:
  // Expects at least one network; they must outlive this. shared_rows: how many rows all of them
  // have in common (CommonRows). With several networks it must be at least one.
  NetworkFamily(std::vector<const Network*> networks, std::size_t shared_rows);

  const std::vector<const Network*>& networks() const { return networks_; }

  // Returns one workspace per network.
  std::vector<Workspace> MakeWorkspaces() const;
  // Where the next crop goes, as Network::Input.
  CropRows Input(std::vector<Workspace>& workspaces) const;
  // Writes the 1024 features that each network makes of the crop in Input(). features: one span per
  // network.
  void FeaturesOfInput(std::vector<Workspace>& workspaces,
                       std::span<const std::span<float>> features) const;
  // Network::ProfilesOfInput of networks()[number].
  void ProfilesOfInput(std::vector<Workspace>& workspaces,
                       std::size_t number,
                       std::span<float> profiles) const;

 private:
  std::vector<const Network*> networks_;
  std::size_t shared_steps_ = 0;
};

}  // namespace deeper
