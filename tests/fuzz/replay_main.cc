// Runs a target over the files of a directory: seeds, and what fuzzing once found. Part of the
// ordinary suite, in every build.

#include <cstdio>
#include <exception>
#include <filesystem>

#include "core/files/file.h"
#include "tests/fuzz/fuzz_target.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: replay DIRECTORY\n", stderr);
    return 2;
  }
  int inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    try {
      deeper::fuzz::FuzzOne(deeper::ReadFile(entry.path()));
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s: %s\n", entry.path().c_str(), error.what());
      return 1;
    }
    ++inputs;
  }
  std::printf("%d inputs\n", inputs);
  return inputs > 0 ? 0 : 1;
}
