#pragma once

#include <filesystem>

#include "backbone/weights.h"

namespace deeper {

// Reads the learned blobs of a Caffe NetParameter file, current ("layer") or V1 ("layers") format.
// Layers without blobs are skipped; the auxiliary training heads ("loss1/...", "loss2/...") are
// dropped. Throws Error when the file is missing, truncated or not a NetParameter, when a blob's
// shape disagrees with its number of values, and when a value is not finite. The message names the
// file, the place and what was expected.
Weights ReadCaffemodel(const std::filesystem::path& path);

}  // namespace deeper
