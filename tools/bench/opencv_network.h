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

  // Returns what the network's last layer makes of `crops` (n, 3, 224, 224), in n rows: the
  // probabilities where the network has a classifier, else the features. Computes them as one batch
  // with `threads` of OpenCV's threads; the whole process keeps that number.
  std::vector<float> Run(TensorView crops, int threads);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deeper::tools
