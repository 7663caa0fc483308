#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backbone/tensor.h"

namespace deeper::tools {

std::string OpenCvVersion();  // "4.6.0"

// OpenCV's dnn module with a network of OnnxOf: a peer to measure against. Not for several threads
// at once.
class OpenCvNetwork {
 public:
  explicit OpenCvNetwork(const std::string& onnx);
  OpenCvNetwork(OpenCvNetwork&&) noexcept;
  ~OpenCvNetwork();

  // What the network's last layer gives for `crops` (n, 3, 224, 224), n rows: the features, or the
  // probabilities where the network has a classifier. Computed as one batch with OpenCV's threads,
  // of which there are `threads` from now on in the whole process.
  std::vector<float> Run(TensorView crops, int threads);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deeper::tools
