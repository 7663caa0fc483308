#pragma once

#include <string>
#include <vector>

#include "backbone/network.h"
#include "core/proposal.h"
#include "detector/crop.h"
#include "proposals/selective_search.h"
#include "tools/pictures.h"
#include "tools/stopwatch.h"

namespace deeper::tools {

// What features depend on, one line each: the identity of a feature cache or a run.
std::string RecipeOf(const std::string& backbone_fingerprint,
                     const NetworkOptions& network,
                     const CropOptions& crop,
                     const SelectiveSearchOptions& proposals);

// A digest of the pictures' ids and canonical paths: other inputs, other text.
std::string InputsText(const std::vector<Picture>& pictures);
// A digest of the ids alone: the same wherever the pictures lie.
std::string IdsText(const std::vector<Picture>& pictures);

// SHA-256 of a file's content.
std::string DigestOfFile(const std::filesystem::path& path);

// The proposals' boxes, best first.
std::vector<Box> BoxesOf(const std::vector<Proposal>& proposals);

// What `work` returns; the seconds that it took are added to `total_s`.
template <typename Work>
auto Timed(double& total_s, const Work& work) {
  const Stopwatch watch;
  auto result = work();
  total_s += watch.Seconds();
  return result;
}

}  // namespace deeper::tools
