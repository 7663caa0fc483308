#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "backbone/execution/aligned_bytes.h"
#include "backbone/googlenet.h"
#include "backbone/kernels/onednn.h"
#include "backbone/kernels/pooling.h"
#include "tests/backbone/random_tensor.h"

// The network's kernels, each alone on one thread. Convolutions are measured in MAC/s ("items"),
// pools in bytes read.

namespace deeper::kernels {
namespace {

Shape SourceOf(const Layer& layer) {
  return {1, layer.in_channels, layer.in_size.height, layer.in_size.width};
}

void Convolution(benchmark::State& state, const Layer& layer, ElementType element) {
  const SingleThread single_thread;
  const Encoding encoding = {.element = element, .scale = 0.1F};
  const PreparedKernel kernel = PrepareConvolution({.source = SourceOf(layer),
                                                    .source_encoding = encoding,
                                                    .source_zero = {},
                                                    .destination_encoding = encoding},
                                                   layer.window,
                                                   test::RandomTensor(WeightShape(layer), 1),
                                                   test::RandomTensor(BiasShape(layer), 2).data);
  AlignedBytes source(kernel.Source().Count() * SizeOf(element));
  AlignedBytes destination(kernel.Destination().Count() * SizeOf(element));
  AlignedBytes scratch(kernel.ScratchBytes());
  const BoundKernel bound = kernel.Bind(source.bytes(), destination.bytes(), scratch.bytes());
  for (auto _ : state) bound.Run();
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(Macs(layer)));
}

void Pool(benchmark::State& state, const PoolPass& pass) {
  AlignedBytes source(pass.source.Count() * SizeOf(pass.source_encoding.element));
  AlignedBytes destination(pass.source.Count() * SizeOf(pass.destination_encoding.element));
  AlignedBytes scratch(PoolScratchBytes(pass));
  for (auto _ : state) MaxPool(pass, source.bytes(), destination.bytes(), scratch.bytes());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(source.size()));
}

PoolPass PassOf(const Layer& layer, ElementType element) {
  return {.source = SourceOf(layer),
          .window = layer.window,
          .source_encoding = {element},
          .destination_encoding = {element}};
}

PoolPass Norm2AndPool2(ElementType from, ElementType to) {
  return {.source = {1, 192, 56, 56},
          .window = kStridedPool,
          .lrn = LrnPlace::kBeforePool,
          .source_encoding = {from},
          .destination_encoding = {to}};
}

struct NamedElement {
  ElementType element;
  const char* name;
  bool runs;
};

const bool kRegistered = [] {
  const NamedElement elements[] = {{ElementType::kF32, "f32", true},
                                   {ElementType::kBf16, "bf16", RunsBf16()},
                                   {ElementType::kU8, "u8", RunsInt8()}};
  for (const auto& [element, name, runs] : elements) {
    for (const Layer& layer : GoogLeNetLayers()) {
      const std::string label = layer.name + "/" + name;
      if (layer.kind == LayerKind::kConvolution && runs) {
        benchmark::RegisterBenchmark(label.c_str(), Convolution, layer, element);
      }
      if (layer.kind == LayerKind::kMaxPool) {
        benchmark::RegisterBenchmark(label.c_str(), Pool, PassOf(layer, element));
      }
    }
  }
  benchmark::RegisterBenchmark(
      "norm2+pool2/f32", Pool, Norm2AndPool2(ElementType::kF32, ElementType::kF32));
  benchmark::RegisterBenchmark(
      "norm2+pool2/bf16", Pool, Norm2AndPool2(ElementType::kBf16, ElementType::kBf16));
  benchmark::RegisterBenchmark(
      "norm2+pool2/u8", Pool, Norm2AndPool2(ElementType::kBf16, ElementType::kU8));
  return true;
}();

}  // namespace
}  // namespace deeper::kernels
