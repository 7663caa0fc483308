#include "detector/recipe.h"

#include <fmt/format.h>

#include "backbone/precision.h"
#include "core/files/sha256.h"
#include "proposals/search_recipe.h"

namespace deeper {

namespace {

// The precision, and for int8 its quantization.
std::string PrecisionLines(const NetworkOptions& network) {
  const std::string text = fmt::format("precision {}\n", NameOf(network.precision));
  if (network.precision != Precision::kInt8) return text;
  Sha256 hash;
  for (const auto& [name, scale] : network.quantization->scales) {
    hash.Update(fmt::format("{} {}\n", name, scale));
  }
  return text + fmt::format("quantization {}\n", hash.HexDigest());
}

}  // namespace

std::string RecipeOf(const std::string& backbone_fingerprint,
                     const NetworkOptions& network,
                     const CropOptions& crop,
                     const Proposer& proposer) {
  return fmt::format("network {}\n{}crop {}\ncrop_size {}\ncrop_padding {}\nmean {}\n{}{}",
                     backbone_fingerprint,
                     PrecisionLines(network),
                     NameOf(crop.mode),
                     crop.size_px,
                     crop.padding_px,
                     fmt::join(crop.mean_bgr, " "),
                     SearchRecipe(proposer.search()),
                     proposer.multibox_text());
}

std::string PictureRecipe(std::span<const PictureScale> scales,
                          const std::optional<RegionChoice>& choice) {
  std::string text;
  for (const PictureScale& scale : scales)
    text += fmt::format("short_side {}\nlong_side {}\n", scale.short_side_px, scale.long_side_px);
  if (choice) {
    Sha256 hash;
    hash.Update(choice->ranker.weights);
    if (choice->proposes) hash.Update(choice->ranker.offset_weights);
    text += fmt::format("max_regions {}\nranker {}\nranker_proposes {}\n",
                        choice->most,
                        hash.HexDigest(),
                        choice->proposes ? "yes" : "no");
  }
  return text;
}

std::string ReadingRecipe(const ReadImageOptions& reading) {
  return reading.lenient ? "lenient yes\n" : "lenient no\n";
}

std::string RegressionRecipe(const std::optional<BoxRegression>& regression) {
  if (!regression || !regression->ReadsProfiles()) return {};
  return fmt::format("box_regression {}\n", RegressionDigest(*regression));
}

std::string RegressionDigest(const BoxRegression& regression) {
  Sha256 hash;
  hash.Update(regression.weights);
  return hash.HexDigest();
}

}  // namespace deeper
