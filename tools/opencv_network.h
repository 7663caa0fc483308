#pragma once

#include <memory>
#include <span>
#include <vector>

#include "backbone/tensor.h"
#include "backbone/weights.h"

namespace deeper::tools {

// GoogLeNet from crop to pool5 in OpenCV's dnn module, built layer by layer from the same table and
// weights: a peer to measure against. Not for several threads at once.
class OpenCvNetwork {
 public:
  // Expects weights that fit the table.
  explicit OpenCvNetwork(const Weights& weights);
  OpenCvNetwork(OpenCvNetwork&&) noexcept;
  ~OpenCvNetwork();

  // The 1024 features of each of `crops` (n, 3, 224, 224), n x 1024, computed as one batch with
  // OpenCV's threads, of which there are `threads` from now on in the whole process.
  std::vector<float> Features(TensorView crops, int threads);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deeper::tools
