#pragma once

#include <map>
#include <string>

#include "backbone/files/safetensors.h"
#include "backbone/weights.h"

namespace deeper {

// Blobs in a file, each in the fewest bytes that lose nothing: f32, bf16, or one byte per value.

// Returns the blob with each row (the weights of one output) rounded to whole steps of its own,
// -127 to 127 of them. A step is a bf16 number. So a value takes one byte in a file, and is off by
// at most half a step: 1/254 of the row's largest magnitude. Rows of a single value, like biases,
// are left as they are. Rounding again changes nothing. Expects finite values.
Tensor RoundedToBytes(Tensor blob);

// Adds a blob under its name to a file's tensors. A blob that RoundedToBytes() would not change
// becomes I8; the steps of its rows stand as F32 under the name and ".step".
void StoreBlob(const std::string& name,
               const Tensor& blob,
               std::map<std::string, StoredTensor>& tensors);

// Returns all blobs that StoreBlob() put there, equal to the last bit. Throws Error naming the
// tensor for I8 without steps or with another number of them, for steps without I8, and where
// LoadTensor would.
Weights LoadBlobs(const std::map<std::string, StoredTensor>& tensors);

}  // namespace deeper
