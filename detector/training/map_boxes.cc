#include "detector/training/map_boxes.h"

#include <fmt/format.h>

#include <string>

#include "backbone/picture_network.h"
#include "core/error.h"
#include "core/files/sha256.h"
#include "detector/examples/mapped_picture.h"
#include "detector/regions/map_proposals.h"
#include "detector/training/chosen_precision.h"

namespace deeper {
namespace {

std::string DigestOf(const RegionRanker& ranker) {
  Sha256 hash;
  hash.Update(ranker.weights);
  hash.Update(ranker.offset_weights);
  hash.Update(fmt::format("{} {}", ranker.bias, fmt::join(ranker.offset_biases, " ")));
  return hash.HexDigest();
}

}  // namespace

std::vector<std::vector<Box>> MapBoxes(const Dataset& dataset,
                                       const Model& model,
                                       std::size_t most,
                                       const KeptBoxesOptions& options,
                                       const Monitor& monitor) {
  Expects(model.picture_scale && model.backbone && model.ranker && model.ranker->Proposes(),
          "a model whose map proposes, with its network");
  const Precision precision = PrecisionFor({}, model.quantization.has_value(), monitor);
  const PictureNetwork network(*model.backbone,
                               {.precision = precision, .quantization = model.quantization});
  const PictureScale& scale = *model.picture_scale;
  const std::string recipe = fmt::format(
      "network {}\nprecision {}\nranker {}\nshort_side {}\nlong_side {}\nmax_regions {}\n",
      model.backbone_fingerprint,
      NameOf(precision),
      DigestOf(*model.ranker),
      scale.short_side_px,
      scale.long_side_px,
      most);
  const auto propose = [&](const Image& image) {
    const MappedPicture picture(network, scale, model.crop.mean_bgr, image);
    const RankedMap map(*model.ranker, picture.Map());
    return ChosenOf(ProposeOnMap(map, picture.frame(), image.width, image.height), most);
  };
  return KeptBoxes(dataset, recipe, propose, options, monitor);
}

}  // namespace deeper
