// make_small_detector DIRECTORY PICTURES: writes small.safetensors and pictures/ there, for tests
// that are scripts.

#include <cstdlib>

#include "tests/torture/small_detector.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  deeper::test::WriteSmallDetector(argv[1], std::strtoul(argv[2], nullptr, 10), 1);
  return 0;
}
