#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backbone/execution/activation_plan.h"
#include "backbone/execution/aligned_bytes.h"
#include "backbone/execution/crop_rows.h"
#include "backbone/execution/quantization.h"
#include "backbone/execution/steps.h"
#include "backbone/kernels/layout.h"
#include "backbone/kernels/onednn.h"
#include "backbone/kernels/pooling.h"
#include "backbone/precision.h"
#include "backbone/tensor.h"
#include "backbone/weights.h"

namespace deeper {

// GoogLeNet's layers from a picture on, the first of them or all, as prepared kernels, in order.
// The picture is a crop, or of the size that the first layer reads. It runs picture by picture, so
// the activations of a crop stay in the cache, and a picture's part of a map is dense.
class LayerStack {
 public:
  // What a run writes: one thread's memory for one picture, and the kernels tied to it.
  class Buffers {
   public:
    explicit Buffers(const LayerStack& stack);
    std::size_t SizeBytes() const { return input_.size() + arena_.size() + scratch_.size(); }

   private:
    friend class LayerStack;
    AlignedBytes input_;  // the picture, in bf16 and u8 with conv1's padding around it
    AlignedBytes arena_;
    AlignedBytes scratch_;
    std::vector<kernels::BoundKernel> convolutions_;  // in the order of the steps
  };

  // Called with each step that ran. `output` makes an f32 tensor of what the step wrote, its own
  // channels alone.
  using StepObserver = std::function<void(const Step& step, const std::function<Tensor()>& output)>;

  // Expects weights that fit the table, and for int8 a valid quantization. The steps must be the
  // first of GoogLeNetSteps() or TrunkSteps(), or RegionSteps(); at least one. together: inputs
  // that a run takes, whose maps lie one behind the other; one where the first step reads pictures.
  // Throws Error when the processor cannot run the precision.
  LayerStack(const Weights& weights,
             Precision precision,
             const std::optional<Quantization>& quantization = std::nullopt,
             std::vector<Step> steps = GoogLeNetSteps(),
             std::size_t together = 1);

  CropRows Input(Buffers& buffers) const;
  // How what the first step reads is stored.
  kernels::Encoding InputEncoding() const { return EncodingOf(steps_.front().layer.input); }
  // Writes a picture (1, 3, height, width), its mean subtracted, to Input().
  void PutPicture(TensorView picture, Buffers& buffers) const;

  // Runs all steps on the picture in Input(), and writes the 1024 means of its last map to
  // `features`. The observer sees every step but the last, which takes these means. Const and safe
  // to call from several threads, each with its own buffers.
  void Run(Buffers& buffers, std::span<float> features, const StepObserver& observer = {}) const;

  // Runs the first `count` steps on the picture in Input(). Returns what the last of them wrote, as
  // it is stored, NHWC; it is valid until the next run. Expects at least one step, and not the
  // global average.
  std::span<const std::byte> RunFirst(std::size_t count,
                                      Buffers& buffers,
                                      const StepObserver& observer = {}) const;
  // Runs the other steps from what RunFirst(count) returned, of this stack or of one whose first
  // `count` steps compute the same. Expects that these steps read nothing else of the first ones.
  void RunBehind(std::size_t count,
                 std::span<const std::byte> activation,
                 Buffers& buffers,
                 std::span<float> features,
                 const StepObserver& observer = {}) const;

  // Writes the means over the rows and then over the columns of the last map, for input `number` of
  // those whose features Run or RunBehind wrote last.
  //   profiles: 2 x 7 x 1024
  void ProfilesOfLastMap(Buffers& buffers, std::size_t number, std::span<float> profiles) const;

  const std::vector<Step>& steps() const { return steps_; }
  // Names of the kernels that run the steps: oneDNN's own, or "vectorised" for ours.
  std::vector<std::string> Implementations() const;

 private:
  kernels::Encoding EncodingOf(const std::string& activation) const {
    return encodings_.at(activation);
  }
  MapSize InputSize() const { return steps_.front().layer.in_size; }
  MapSize PaddedSize() const {
    return {InputSize().height + 2 * input_pad_, InputSize().width + 2 * input_pad_};
  }
  std::size_t InputBytes() const;
  kernels::PoolPass PoolPassOf(const Step& step) const;
  void PrepareConvolutions(const Weights& weights);
  void FillPadding(std::span<std::byte> input) const;

  std::span<std::byte> Activation(const std::string& name, Buffers& buffers) const;
  // Of input `i`.
  std::span<std::byte> PartOf(const std::string& name, std::size_t i, Buffers& buffers) const;
  // Runs the steps from `first` up to, without, `end`.
  void RunSteps(std::size_t first,
                std::size_t end,
                Buffers& buffers,
                const StepObserver& observer) const;
  void Average(Buffers& buffers, std::span<float> features) const;
  void CopySlice(const Layer& layer, Buffers& buffers) const;
  Tensor OutputOf(const Layer& layer, Buffers& buffers) const;

  std::vector<Step> steps_;
  std::size_t together_ = 1;
  std::map<std::string, kernels::Encoding> encodings_;  // by activation
  std::array<float, 3> mean_bgr_{};  // what u8 input has not had subtracted; otherwise 0
  std::size_t input_pad_ = 0;        // pixels of padding around the picture in the input map
  ActivationPlan plan_;
  std::vector<kernels::PreparedKernel> convolutions_;  // in the order of the steps
  std::size_t scratch_bytes_ = 0;
};

}  // namespace deeper
