// A configuration file.

#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/some_verb.h"

void deeper::fuzz::FuzzOne(std::span<const std::uint8_t> input) {
  const MemoryFile file(input);
  ParseSomeVerb({"--config", file.path().string()});
}
