#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/bench/pictures.h"
#include "tools/bench/rates.h"

namespace deeper::tools {

// All that 'deeper bench' has measured.
struct BenchReport {
  int rounds = 1;
  double round_s = 1;
  std::vector<PrecisionRates> network;
  std::vector<WholePictureRates> whole_pictures;  // parallel to network
  std::vector<PeerRates> peers;
  std::optional<PictureRates> pictures;
};

// Prints it as tables for people, with this processor and this process' peak memory. With `layers`
// also a table of the network's layers for each precision. Expects at least one precision.
void PrintBench(const BenchReport& report, bool layers);

// Returns all of it as one JSON object, over several lines.
std::string JsonText(const BenchReport& report);

}  // namespace deeper::tools
