#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "backbone/files/safetensors.h"
#include "backbone/weights.h"
#include "detector/multibox/multibox.h"

namespace deeper {

// How a MultiBox lies in safetensors, in a file of its own or in a model's.

// Its tensors, all called "multibox/...": "priors" (K, 2, 4; means, deviations), "mean_bgr" (3),
// and the blobs of its network but those that `backbone`, the network beside it in the file, has
// too, bit for bit. A blob takes as few bytes as lose nothing.
std::map<std::string, StoredTensor> TensorsOf(const MultiBox& multibox, const Weights& backbone);

// Takes the tensors of that prefix out of a file's; none where it has no MultiBox.
std::map<std::string, StoredTensor> ExtractMultiBox(std::map<std::string, StoredTensor>& tensors);

// The MultiBox of these tensors, as a file has them. `backbone`: the network beside it. Throws
// Error, beginning with `source`, when one is damaged or, but for blobs, missing.
MultiBox MultiBoxFrom(const std::map<std::string, StoredTensor>& tensors,
                      const Weights& backbone,
                      const std::string& source);

// SHA-256 over all that it learned: the same for the same numbers, whatever file they came from.
std::string FingerprintOf(const MultiBox& multibox);

// The same MultiBox with every weight rounded to bf16, half the bytes in a file.
MultiBox RoundedToBf16(MultiBox multibox);

// The same MultiBox, as small as it gets beside this network: blobs that the network has stay as
// they are, the weights of the others are rounded to a byte each (RoundedToBytes).
MultiBox RoundedBeside(const Weights& backbone, MultiBox multibox);

// A file with a MultiBox alone, written whole or not at all. Throws Error where LoadMultiBox would.
void SaveMultiBox(const MultiBox& multibox, const std::filesystem::path& path);

// A file of SaveMultiBox. Throws Error naming the file and what is wrong with it.
MultiBox ReadMultiBoxFile(const std::filesystem::path& path);

}  // namespace deeper
