#pragma once

#include <map>
#include <string>

#include "backbone/files/safetensors.h"
#include "backbone/weights.h"

namespace deeper {

// Blobs in a file, each in the fewest bytes that lose nothing: f32, bf16, or one byte a value.

// The blob with each row (the weights of one output) rounded to -127 to 127 steps of its own, a
// step being a bf16 number: a byte a value in a file, off by at most half a step, 1/254 of the
// row's largest magnitude. Rows of a single value, like biases, are left as they are. Rounding
// again changes nothing. Expects finite values.
Tensor RoundedToBytes(Tensor blob);

// Puts a blob under its name into a file's tensors. One that RoundedToBytes() leaves as it is
// becomes I8, with the steps of its rows as F32 under the name and ".step".
void StoreBlob(const std::string& name,
               const Tensor& blob,
               std::map<std::string, StoredTensor>& tensors);

// All blobs that StoreBlob() put there, to the last bit. Throws Error naming the tensor for I8
// without steps or with another number of them, for steps without I8, and where LoadTensor would.
Weights LoadBlobs(const std::map<std::string, StoredTensor>& tensors);

}  // namespace deeper
