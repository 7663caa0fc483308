#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "backbone/files/safetensors.h"
#include "backbone/weights.h"
#include "detector/multibox/multibox.h"

namespace deeper {

// How a MultiBox is stored in safetensors, in a file of its own or in a model's.

// Its tensors, all called "multibox/...":
//   "priors"    K x 2 x 4; means, deviations
//   "mean_bgr"  3
// and the blobs of its network, except those that `backbone`, the network beside it in the file,
// has too, bit for bit. Blobs are stored in as few bytes as possible without loss.
std::map<std::string, StoredTensor> TensorsOf(const MultiBox& multibox, const Weights& backbone);

// Moves the tensors with that prefix out of a file's; none if it has no MultiBox.
std::map<std::string, StoredTensor> ExtractMultiBox(std::map<std::string, StoredTensor>& tensors);

// The MultiBox of these tensors, as stored in a file. `backbone`: the network beside it. Throws
// Error, beginning with `source`, when a tensor is damaged or, except for blobs, missing.
MultiBox MultiBoxFrom(const std::map<std::string, StoredTensor>& tensors,
                      const Weights& backbone,
                      const std::string& source);

// SHA-256 of all that it learned: the same for the same numbers, whatever file they came from.
std::string FingerprintOf(const MultiBox& multibox);

// The MultiBox with every weight rounded to bf16, half the bytes in a file.
MultiBox RoundedToBf16(MultiBox multibox);

// The MultiBox, as small as possible beside this network. Blobs that the network has stay as they
// are; the weights of the others are rounded to a byte each (RoundedToBytes).
MultiBox RoundedBeside(const Weights& backbone, MultiBox multibox);

// Writes a file with only a MultiBox, whole or not at all. Throws Error where LoadMultiBox would.
void SaveMultiBox(const MultiBox& multibox, const std::filesystem::path& path);

// Reads a file of SaveMultiBox. Throws Error naming the file and what is wrong with it.
MultiBox ReadMultiBoxFile(const std::filesystem::path& path);

}  // namespace deeper
