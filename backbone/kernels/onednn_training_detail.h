#pragma once

// Private to the two .cc files of training kernels: what convolutions (onednn_training.cc) and the
// layers between them (onednn_training_pools.cc) share.

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backbone/kernels/onednn_detail.h"
#include "backbone/kernels/onednn_training.h"

namespace deeper::kernels {
namespace onednn {

// A buffer that a pass reads or writes: oneDNN's number for it, which one, and how it is laid out.
struct Argument {
  int number = 0;
  std::span<std::byte> TrainingBuffers::*buffer = nullptr;
  dnnl::memory::desc layout;
};

struct Pass {
  dnnl::primitive primitive;
  std::string implementation;
  std::vector<Argument> arguments;
  // What runs instead of the primitive, where oneDNN has nothing fast.
  std::function<void(const TrainingBuffers&)> plain;
};

}  // namespace onednn

struct TrainingKernel::State {
  Shape source_shape;
  Shape destination_shape;
  TrainingSizes sizes;
  std::map<TrainingPass, onednn::Pass> passes;
};

namespace onednn {

// Adds a pass: what oneDNN chose, and the buffers that it needs besides its scratch.
template <class Primitive>
void AddPass(TrainingKernel::State& state,
             TrainingPass pass,
             const typename Primitive::primitive_desc& description,
             std::vector<Argument> arguments) {
  const dnnl::memory::desc scratch = description.scratchpad_desc();
  arguments.push_back({DNNL_ARG_SCRATCHPAD, &TrainingBuffers::scratch, scratch});
  state.sizes.scratch = std::max(state.sizes.scratch, scratch.get_size());
  state.passes.emplace(pass,
                       Pass{.primitive = Primitive(description),
                            .implementation = description.impl_info_str(),
                            .arguments = std::move(arguments),
                            .plain = {}});
}

inline TrainingKernel Finish(TrainingKernel::State state,
                             const Shape& source,
                             const Shape& destination) {
  state.source_shape = source;
  state.destination_shape = destination;
  return TrainingKernel(std::make_unique<const TrainingKernel::State>(std::move(state)));
}

}  // namespace onednn
}  // namespace deeper::kernels
