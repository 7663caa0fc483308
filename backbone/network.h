#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backbone/execution/crop_rows.h"
#include "backbone/execution/quantization.h"
#include "backbone/precision.h"
#include "backbone/tensor.h"
#include "backbone/weights.h"

namespace deeper {

inline constexpr std::size_t kCropSide = kInputSide;  // pixels

// The profiles of a crop's last map, before pool5: the means of its 1024 channels over each of its
// 7 rows, from the top, then over each of its 7 columns, from the left. They tell where in the crop
// something is. The features do not: they are means over all of the map.
inline constexpr std::size_t kLastMapSide = 7;
inline constexpr std::size_t kProfileDim = 2 * kLastMapSide * kFeatureDim;

struct NetworkOptions {
  Precision precision = Precision::kF32;
  std::optional<Quantization> quantization = std::nullopt;  // needed by int8, otherwise not read
};

// Return what they are given. Throw Error when the weights do not fit the table, or when int8 has
// no quantization or one that does not fit.
const Weights& ValidatedWeights(const Weights& weights);
const NetworkOptions& ValidatedOptions(const NetworkOptions& options);

// The time that one step of the network took; see Network::Profile.
struct StepTime {
  std::string name;            // its layers: "pool1/3x3_s2 + pool1/norm1"
  std::string implementation;  // oneDNN's name of its kernel, or "vectorised" for our own
  std::size_t macs = 0;        // multiplications; 0 for what is not a convolution
  double seconds = 0;

  bool operator==(const StepTime&) const = default;
};

// What changes while a Network runs: activations and scratch memory. One per thread. Made by
// Network::MakeWorkspace, and used with that network only.
class Workspace {
 public:
  struct State;
  explicit Workspace(std::unique_ptr<State> state);
  Workspace(Workspace&&) noexcept;
  Workspace& operator=(Workspace&&) noexcept;
  ~Workspace();

  // Bytes of the crop, the activations and the scratch memory: 4.8 MB in f32, 2.4 in bf16, 2.0 in
  // int8 with VNNI, 3.6 without. They are planned once.
  std::size_t SizeBytes() const;
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

// GoogLeNet (Szegedy et al. 2014, Table 1) with learned weights, which are packed once for this
// processor. Const, and safe to run from several threads, each with its own Workspace. Every run is
// single-threaded. The result for a crop does not depend on its batch or neighbours.
class Network {
 public:
  // Throws Error when the weights do not fit the table, when the processor cannot run the
  // precision, or when int8 has no quantization or one that does not fit.
  Network(const Weights& weights, const NetworkOptions& options);
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;
  ~Network();

  const NetworkOptions& options() const;
  // Classes of the final classifier "loss3/classifier"; 0 when the weights came without it.
  std::size_t ClassCount() const;

  Workspace MakeWorkspace() const;

  // Where the next crop goes, and in which form. Fill it before FeaturesOfInput.
  CropRows Input(Workspace& workspace) const;
  // Writes the 1024 pool5 features of the crop in Input() to `features`. Dropout is the identity
  // here. The crop is still there afterwards.
  void FeaturesOfInput(Workspace& workspace, std::span<float> features) const;

  // Writes the kProfileDim profiles of the crop whose features FeaturesOfInput wrote last.
  void ProfilesOfInput(Workspace& workspace, std::span<float> profiles) const;

  // FeaturesOfInput for each of `crops`, any number of them.
  //   crops:    (n, 3, 224, 224), n >= 0, BGR with the mean already subtracted
  //   features: n x 1024, row-major
  // For int8 the mean is the one that its quantization names.
  void Features(TensorView crops, Workspace& workspace, std::span<float> features) const;

  // Writes the softmax probabilities of the final classifier, computed in f32.
  //   features:      n x 1024, as Features() writes them
  //   probabilities: n x ClassCount(), row-major
  // Expects ClassCount() > 0.
  void Probabilities(std::span<const float> features, std::span<float> probabilities) const;

  // Runs the crop in Input() and returns the time that each step took on this thread, in order.
  std::vector<StepTime> Profile(Workspace& workspace) const;

 private:
  friend class NetworkFamily;
  struct State;
  void ExpectOwn(Workspace& workspace) const;
  // LayerStack::RunFirst and RunBehind.
  std::span<const std::byte> RunFirst(std::size_t steps, Workspace& workspace) const;
  void RunBehind(std::size_t steps,
                 std::span<const std::byte> activation,
                 Workspace& workspace,
                 std::span<float> features) const;

  std::unique_ptr<const State> state_;
};

}  // namespace deeper
