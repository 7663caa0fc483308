// Words, one per line, as a command line.

#include <string>
#include <string_view>
#include <vector>

#include "core/files/file.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/some_verb.h"

void deeper::fuzz::FuzzOne(std::span<const std::uint8_t> input) {
  const std::string text(input.begin(), input.end());
  std::vector<std::string> words;
  for (const std::string_view line : SplitLines(text)) {
    // These go to stdout and would fill it.
    if (line != "--help" && line != "-h" && line != "--dump-config") words.emplace_back(line);
  }
  ParseSomeVerb(words);
}
