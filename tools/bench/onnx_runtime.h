#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backbone/tensor.h"

namespace deeper::tools {

// Microsoft's ONNX Runtime, from a library that the user names: a peer to measure against. It stays
// loaded until the program ends.
struct OnnxRuntime {
  std::string version;           // "1.20.1"
  const void* const* functions;  // its C API, in the order of struct OrtApi
};

// Loads `library`: a path, or a name for the loader to find. Throws Error when that fails, when it
// is not ONNX Runtime, or is older than 1.6, the first that knows what OnnxOf writes.
OnnxRuntime LoadOnnxRuntime(const std::string& library);

// A network of OnnxOf in ONNX Runtime, with all its optimisations.
class OnnxRuntimeNetwork {
 public:
  // `threads` compute it. Throws Error with ONNX Runtime's reason when it refuses the network.
  OnnxRuntimeNetwork(const OnnxRuntime& runtime, const std::string& onnx, int threads);
  OnnxRuntimeNetwork(OnnxRuntimeNetwork&&) noexcept;
  ~OnnxRuntimeNetwork();

  // The network's output of this name for `crops` (n, 3, 224, 224), computed as one batch: n rows
  // of `size` values. Throws Error with ONNX Runtime's reason, as when there is no such output.
  std::vector<float> Run(TensorView crops, const std::string& output, std::size_t size) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace deeper::tools
