#pragma once

// Private to the .cc files of oneDNN kernels: what inference (onednn.cc) and training
// (onednn_training*.cc) share. Only this header and onednn_training_detail.h show oneDNN.

#include <functional>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <unordered_map>

#include "backbone/kernels/onednn.h"
#include "core/error.h"

namespace deeper::kernels {

struct BoundKernel::State {
  dnnl::primitive primitive;
  dnnl::stream stream;
  std::unordered_map<int, dnnl::memory> arguments;
  std::function<void()> plain;  // what runs instead, where oneDNN has nothing fast
};

namespace onednn {

inline const dnnl::engine& CpuEngine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

using Dims = dnnl::memory::dims;
using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

inline dnnl::memory::dim Dim(std::size_t size) { return static_cast<dnnl::memory::dim>(size); }
inline Dims DimsOf(const Shape& shape) {
  return {Dim(shape.n), Dim(shape.c), Dim(shape.h), Dim(shape.w)};
}
inline Dims Both(std::size_t size) { return {Dim(size), Dim(size)}; }

inline DataType TypeOf(ElementType element) {
  switch (element) {
    case ElementType::kF32:
      return DataType::f32;
    case ElementType::kBf16:
      return DataType::bf16;
    case ElementType::kU8:
      return DataType::u8;
  }
  throw ContractViolation("a known element type");
}

inline dnnl::memory::desc Nhwc(const Shape& shape, ElementType element) {
  return {DimsOf(shape), TypeOf(element), Tag::nhwc};
}

inline Shape SlidShape(const Shape& source,
                       std::size_t channels,
                       const Window& window,
                       Rounding rounding) {
  return {source.n,
          channels,
          OutputSide(source.h, window, rounding),
          OutputSide(source.w, window, rounding)};
}

// Padding behind a map that makes `out` window positions fit exactly.
inline std::size_t PadBehind(std::size_t in, std::size_t out, const Window& window) {
  const std::size_t covered = (out - 1) * window.stride + window.kernel;
  return covered > in + window.pad ? covered - in - window.pad : 0;
}

inline dnnl::primitive_attr Attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

// oneDNN calls its own plain loops "ref:any" and "lrn_ref:any".
inline bool IsReferenceLoop(const std::string& implementation) {
  return implementation.find("ref") != std::string::npos;
}

// What oneDNN chooses for `operation`; `kind` names it in the error.
// `hint`: for a gradient, the description of what it is the gradient of.
template <class Primitive, class... Hint>
typename Primitive::primitive_desc Describe(const typename Primitive::desc& operation,
                                            const dnnl::primitive_attr& attributes,
                                            const char* kind,
                                            const Hint&... hint) {
  const auto refuse = [kind](const std::string& found) {
    return Error(std::string("oneDNN has no fast ") + kind +
                 " of this shape on this processor: expected a jit kernel, found " + found +
                 " - use precision f32 on a processor with at least SSE 4.1");
  };
  try {
    typename Primitive::primitive_desc description(operation, attributes, CpuEngine(), hint...);
    const std::string implementation = description.impl_info_str();
    if (IsReferenceLoop(implementation)) throw refuse(implementation);
    return description;
  } catch (const dnnl::error& error) {
    throw refuse(error.what());
  }
}

}  // namespace onednn
}  // namespace deeper::kernels
