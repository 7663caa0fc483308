#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "backbone/tensor.h"
#include "backbone/weights.h"

namespace deeper {

// The arithmetic of the convolutions. Features and probabilities come out as f32 in every case.
// int8 follows.
enum class Precision { kF32, kBf16 };

std::string NameOf(Precision precision);  // "f32", "bf16"

// The precision of this name; throws Error listing the known ones otherwise. "auto" is the fastest
// that the processor runs natively: bf16 with AVX512_BF16, else f32.
Precision PrecisionFromName(const std::string& name);

inline constexpr std::size_t kCropSide = 224;     // pixels
inline constexpr std::size_t kFeatureDim = 1024;  // values of pool5, the last pooled features

struct NetworkOptions {
  Precision precision = Precision::kF32;
  // Crops that a caller hands over at a time, > 0. They run one by one, which is the fastest: one
  // crop's activations stay in the cache. So it changes neither results nor the rate; a larger one
  // costs the caller memory for waiting crops, 0.6 MB each.
  std::size_t batch = 16;
};

// What changes while a Network runs: activations and scratch memory. One per thread; made by
// Network::MakeWorkspace and used with that network only.
class Workspace {
 public:
  struct State;
  explicit Workspace(std::unique_ptr<State> state);
  Workspace(Workspace&&) noexcept;
  Workspace& operator=(Workspace&&) noexcept;
  ~Workspace();

  // Bytes of activations and scratch: 4.8 MB in f32, half of it in bf16.
  std::size_t SizeBytes() const;
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

// GoogLeNet (Szegedy et al. 2014, Table 1) with learned weights, prepared for this processor:
// packed once, then const. Safe to run from several threads, each with its own Workspace; every run
// is single-threaded, and the result for a crop does not depend on its batch or neighbours.
class Network {
 public:
  // Throws Error when the weights do not fit the table or the processor cannot run the precision.
  Network(const Weights& weights, const NetworkOptions& options);
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;
  ~Network();

  const NetworkOptions& options() const;
  // Classes of the final classifier "loss3/classifier"; 0 when the weights came without it.
  std::size_t ClassCount() const;

  Workspace MakeWorkspace() const;

  // Writes the pool5 features of `crops` (n, 3, 224, 224), BGR with the mean already subtracted, to
  // `features`, n x 1024 row-major. Any n >= 0. Dropout is the identity here.
  void Features(TensorView crops, Workspace& workspace, std::span<float> features) const;

  // Writes the softmax probabilities of the final classifier, n x ClassCount() row-major, from
  // features as Features() gives them, in f32. Expects ClassCount() > 0.
  void Probabilities(std::span<const float> features, std::span<float> probabilities) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace deeper
