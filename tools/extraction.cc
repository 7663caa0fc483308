#include "tools/extraction.h"

#include <fmt/format.h>

#include "core/files/file.h"
#include "core/files/sha256.h"
#include "tools/options/network_options.h"

namespace deeper::tools {

namespace {

// The precision, and for int8 the digest of its quantization.
std::string PrecisionText(const NetworkOptions& network) {
  std::string text = NameOf(network.precision);
  if (network.precision != Precision::kInt8) return text;
  Sha256 hash;
  for (const auto& [name, scale] : network.quantization->scales) {
    hash.Update(fmt::format("{} {}\n", name, scale));
  }
  return text + " " + hash.HexDigest();
}

}  // namespace

Proposer ProposerOf(const SelectiveSearchOptions& search,
                    const std::optional<MultiBox>& multibox,
                    const RunOptions& run,
                    MultiBoxViews views) {
  if (!multibox) return Proposer(search);
  return {search, *multibox, run.ForMultiBox(), views};
}

std::string RecipeOf(const std::string& backbone_fingerprint,
                     const NetworkOptions& network,
                     const CropOptions& crop,
                     const Proposer& proposer) {
  return fmt::format(
      "backbone {}\nprecision {}\ncrop {} size {} padding {} mean {}\nproposals {}\n{}",
      backbone_fingerprint,
      PrecisionText(network),
      NameOf(crop.mode),
      crop.size_px,
      crop.padding_px,
      fmt::join(crop.mean_bgr, " "),
      SearchText(proposer.search()),
      proposer.multibox_text());
}

std::string RegressionRecipe(const std::optional<BoxRegression>& regression) {
  if (!regression || !regression->ReadsProfiles()) return {};
  return fmt::format("box regression {}\n", RegressionDigest(*regression));
}

std::string RegressionDigest(const BoxRegression& regression) {
  Sha256 hash;
  hash.Update(regression.weights);
  return hash.HexDigest();
}

std::string InputsText(const std::vector<Picture>& pictures) {
  Sha256 hash;
  for (const Picture& picture : pictures) {
    hash.Update(picture.id + "\n" + std::filesystem::weakly_canonical(picture.path).string() +
                "\n");
  }
  return hash.HexDigest();
}

std::string IdsText(const std::vector<Picture>& pictures) {
  Sha256 hash;
  for (const Picture& picture : pictures) hash.Update(picture.id + "\n");
  return hash.HexDigest();
}

std::string DigestOfFile(const std::filesystem::path& path) {
  Sha256 hash;
  hash.Update(ReadFile(path));
  return hash.HexDigest();
}

std::vector<Box> BoxesOf(const std::vector<Proposal>& proposals) {
  std::vector<Box> boxes;
  boxes.reserve(proposals.size());
  for (const Proposal& proposal : proposals) boxes.push_back(proposal.box);
  return boxes;
}

}  // namespace deeper::tools
