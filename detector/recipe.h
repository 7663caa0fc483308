#pragma once

#include <optional>
#include <span>
#include <string>

#include "backbone/network.h"
#include "core/pictures/read_image.h"
#include "detector/heads/heads.h"
#include "detector/proposer.h"
#include "detector/regions/crop.h"
#include "detector/regions/picture_features.h"
#include "detector/regions/picture_frame.h"

namespace deeper {

// What features depend on, as a recipe (core/other_recipe.h): the identity of a feature cache or a
// run.
std::string RecipeOf(const std::string& backbone_fingerprint,
                     const NetworkOptions& network,
                     const CropOptions& crop,
                     const Proposer& proposer);

// How whole pictures are scaled and their regions chosen as lines of a recipe; "" without scales,
// where regions are crops.
std::string PictureRecipe(std::span<const PictureScale> scales,
                          const std::optional<RegionChoice>& choice);

// How pictures are read, as a line of a recipe.
std::string ReadingRecipe(const ReadImageOptions& reading);

// The box regression as a line of a recipe, if features are kept with its offsets from profiles;
// else "".
std::string RegressionRecipe(const std::optional<BoxRegression>& regression);
// Identifies a box regression: SHA-256 of its weights.
std::string RegressionDigest(const BoxRegression& regression);

}  // namespace deeper
