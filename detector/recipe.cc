#include "detector/recipe.h"

#include <fmt/format.h>

#include "backbone/precision.h"
#include "core/files/sha256.h"

namespace deeper {

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

std::string PictureRecipe(std::span<const PictureScale> scales,
                          const std::optional<RegionChoice>& choice) {
  std::string text;
  for (const PictureScale& scale : scales)
    text += fmt::format("whole pictures {} to {}\n", scale.short_side_px, scale.long_side_px);
  if (choice) {
    Sha256 hash;
    hash.Update(choice->ranker.weights);
    if (choice->proposes) hash.Update(choice->ranker.offset_weights);
    text += fmt::format("regions {} by {}{}\n",
                        choice->most,
                        hash.HexDigest(),
                        choice->proposes ? ", which proposes" : "");
  }
  return text;
}

std::string ReadingRecipe(const ReadImageOptions& reading) {
  return reading.lenient ? "broken pictures as far as they can be decoded\n" : "";
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

}  // namespace deeper
