#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "backbone/tensor.h"
#include "backbone/training/picture_trainer.h"
#include "core/dataset.h"
#include "core/pictures/read_image.h"
#include "detector/examples/epoch_sampler.h"
#include "detector/examples/picture_regions.h"
#include "detector/examples/picture_store.h"
#include "detector/heads/heads.h"

namespace deeper {

// Pictures of a data set with something to learn from, and their regions.
struct TrainingPictures {
  std::vector<std::size_t> positions;  // in the data set
  std::vector<PictureRegions> regions;

  std::size_t size() const { return positions.size(); }
};

struct PictureDrawOptions {
  std::size_t pictures = 2;  // a step
  // Of each; sampling.regions of them are drawn, or `candidates` where that is more.
  PictureSamplingOptions sampling = {};
  std::size_t candidates = 0;
  std::vector<int> short_sides_px = {};  // of frames (FrameOfShape); one is drawn a step
  std::uint64_t seed = 0;
  double memory_gb = 2;           // for decoded pictures
  ReadImageOptions reading = {};  // of pictures
};

// Draws the pictures and regions of each step, mirrored or not, and makes the network's inputs of
// them. A step depends only on the seed and its number. One thread draws; what was drawn is safe to
// read from several.
class PictureDraw {
 public:
  // Where a region's box is to move, divided by kOffsetDeviations.
  using Target = std::array<float, BoxOffsets{}.size()>;

  // `dataset` and `pictures` must outlive this.
  PictureDraw(const Dataset& dataset, const TrainingPictures& pictures, PictureDrawOptions options);

  // Draws the pictures of a step.
  void Begin(std::uint64_t step);
  // The same regions of these pictures each time, not mirrored, in frames of the last of the sides.
  void BeginValidation(const std::vector<std::size_t>& numbers);

  // The frames' sizes, one a picture.
  std::vector<MapSize> Sizes() const;
  const TargetRegion& Region(std::size_t picture, std::size_t region) const {
    return drawn_[picture].regions[region];
  }
  // Makes the network's input of a picture.
  void Fill(std::size_t picture, PictureInput& input) const;
  // Nothing for background.
  std::optional<Target> TargetOf(std::size_t picture, std::size_t region) const;

 private:
  // One picture of a step as it was drawn.
  struct Drawn {
    std::size_t number = 0;  // in TrainingPictures
    bool mirrored = false;
    MapSize size{};
    std::vector<TargetRegion> regions = {};
  };

  MapSize FrameFor(std::size_t number, int short_side_px) const;

  const TrainingPictures* pictures_;
  PictureDrawOptions options_;
  EpochSampler order_;
  PictureStore store_;
  std::vector<Drawn> drawn_;
};

}  // namespace deeper
