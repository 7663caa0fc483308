#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "core/random.h"
#include "detector/regions/crop.h"
#include "detector/suppression/nms.h"
#include "proposals/selective_search.h"

// The stages around the network, on made pictures of 500 x 375.

namespace deeper {
namespace {

// Rectangles of many sizes and colours with a little noise: it has regions to find.
Image SomePicture() {
  Random random(1);
  Image image = MakeImage(500, 375, 120, 120, 120);
  for (int i = 0; i < 300; ++i) {
    const auto x0 = static_cast<int>(random.Below(480));
    const auto y0 = static_cast<int>(random.Below(360));
    const int x1 = std::min(500, x0 + 5 + static_cast<int>(random.Below(120)));
    const int y1 = std::min(375, y0 + 5 + static_cast<int>(random.Below(120)));
    const auto colour = static_cast<std::uint8_t>(random.Below(240));
    for (int y = y0; y < y1; ++y) {
      for (int x = 3 * x0; x < 3 * x1; ++x) {
        image.Row(y)[x] = static_cast<std::uint8_t>(colour + random.Below(12));
      }
    }
  }
  return image;
}

void Proposals(benchmark::State& state, const SelectiveSearchOptions& options) {
  const Image image = SomePicture();
  std::size_t boxes = 0;
  for (auto _ : state) boxes = SelectiveSearch(image, options).size();
  state.counters["boxes"] = static_cast<double>(boxes);
}
BENCHMARK_CAPTURE(Proposals, fast, SelectiveSearchPreset("fast"))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Proposals, x2, SelectiveSearchPreset("x2"))->Unit(benchmark::kMillisecond);

void CropInto(benchmark::State& state, kernels::ElementType element) {
  const Image image = SomePicture();
  std::vector<std::byte> memory(224 * 224 * 3 * kernels::SizeOf(element));
  const CropRows rows = {
      .first = memory.data(), .row_bytes = 224 * 3 * kernels::SizeOf(element), .element = element};
  const float side = static_cast<float>(state.range(0));
  for (auto _ : state) Crop(image, {100, 50, 100 + side, 50 + side}, {}, rows);
}
BENCHMARK_CAPTURE(CropInto, f32, kernels::ElementType::kF32)->Arg(30)->Arg(100)->Arg(300);
BENCHMARK_CAPTURE(CropInto, bf16, kernels::ElementType::kBf16)->Arg(30)->Arg(100)->Arg(300);
BENCHMARK_CAPTURE(CropInto, u8, kernels::ElementType::kU8)->Arg(30)->Arg(100)->Arg(300);

void Suppress(benchmark::State& state) {
  Random random(1);
  std::vector<Detection> detections;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    const auto x = static_cast<float>(400 * random.Uniform());
    const auto y = static_cast<float>(300 * random.Uniform());
    const auto side = static_cast<float>(20 + 80 * random.Uniform());
    detections.push_back({.box = {x, y, x + side, y + side},
                          .class_id = static_cast<ClassId>(random.Below(20)),
                          .score = static_cast<float>(random.Uniform())});
  }
  for (auto _ : state) benchmark::DoNotOptimize(SuppressNonMaxima(detections, {}));
}
BENCHMARK(Suppress)->Arg(1000)->Arg(20000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace deeper
