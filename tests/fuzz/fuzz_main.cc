// libFuzzer's entry, for the preset `fuzz`.

#include <cstddef>

#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  deeper::fuzz::FuzzOne({data, size});
  return 0;
}
