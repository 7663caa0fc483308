#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backbone/googlenet.h"
#include "backbone/kernels/layout.h"
#include "backbone/precision.h"
#include "backbone/tensor.h"
#include "backbone/weights.h"

namespace deeper {

// The layers that are not trained, from the picture to the end of a row (see FrozenLayers in
// rows.h), with packed weights. The output for a picture never changes, so it may be kept. Const,
// and safe to use from several threads, each with its own buffers.
class FrozenPart {
 public:
  class Buffers {
   public:
    explicit Buffers(const FrozenPart& part);
    Buffers(Buffers&&) noexcept;
    Buffers& operator=(Buffers&&) noexcept;
    ~Buffers();

   private:
    friend class FrozenPart;
    struct State;
    std::unique_ptr<State> state_;  // nothing where nothing is frozen
  };

  // Expects weights that fit the table. Throws Error for an unknown row, and when the processor
  // cannot run the precision.
  FrozenPart(const Weights& weights, Precision precision, const std::string& frozen);
  // The same for whole pictures of this size in place of crops.
  FrozenPart(const Weights& weights,
             Precision precision,
             const std::string& frozen,
             const MapSize& picture);
  FrozenPart(FrozenPart&&) noexcept;
  FrozenPart& operator=(FrozenPart&&) noexcept;
  ~FrozenPart();

  // Bytes of the output of one picture.
  std::size_t OutputBytes() const { return output_bytes_; }

  // Runs the layers on one picture. Where nothing is frozen, the output is the picture itself.
  //   picture: (1, 3, height, width), of a crop 224 each
  //   output:  OutputBytes(), NHWC of the precision's element type
  void Run(TensorView picture, Buffers& buffers, std::span<std::byte> output) const;

 private:
  struct State;
  FrozenPart(const Weights& weights,
             Precision precision,
             const std::vector<Layer>& layers,
             const MapSize& picture);

  kernels::ElementType element_;
  Shape input_;
  std::unique_ptr<const State> state_;  // nothing where nothing is frozen
  std::size_t output_bytes_ = 0;
};

// The element type of training in this precision. Throws Error when the processor cannot run it,
// and when there are no gradients in it.
kernels::ElementType TrainingElement(Precision precision);

}  // namespace deeper
