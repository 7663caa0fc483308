#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backbone/network.h"
#include "core/proposal.h"
#include "core/work/stopwatch.h"
#include "detector/heads/heads.h"
#include "detector/multibox/multibox.h"
#include "detector/proposer.h"
#include "detector/regions/crop.h"
#include "proposals/selective_search.h"
#include "tools/input/pictures.h"
#include "tools/options/network_options.h"

namespace deeper::tools {

// What proposes a detector's regions: this search, with its MultiBox where it has one, in the
// precision that goes with the run's. A precision that the processor does not run is said on
// stderr.
Proposer ProposerOf(const SelectiveSearchOptions& search,
                    const std::optional<MultiBox>& multibox,
                    const RunOptions& run,
                    MultiBoxViews views = MultiBoxViews::kParts);

// What features depend on, one line each: the identity of a feature cache or a run.
std::string RecipeOf(const std::string& backbone_fingerprint,
                     const NetworkOptions& network,
                     const CropOptions& crop,
                     const Proposer& proposer);

// The box regression as a line of a recipe, where features are kept with what it makes of profiles;
// else "".
std::string RegressionRecipe(const std::optional<BoxRegression>& regression);
// Identifies a box regression.
std::string RegressionDigest(const BoxRegression& regression);

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
