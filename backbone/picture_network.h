#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "backbone/execution/crop_rows.h"
#include "backbone/googlenet.h"
#include "backbone/kernels/layout.h"
#include "backbone/kernels/region_pool.h"
#include "backbone/network.h"
#include "backbone/tensor.h"
#include "backbone/weights.h"

namespace deeper {

// The map of a picture: (1, 832, h, w), NHWC of its encoding. Borrowed.
struct PictureMap {
  std::span<const std::byte> bytes;
  Shape shape;
  kernels::Encoding encoding;
};

// GoogLeNet over whole pictures and their regions (Girshick 2015): the trunk gives the map of a
// picture, RegionPool cuts each region out of it, and 5a, 5b and pool5 run on each region. Its
// weights are packed once for each size of picture that is kept. Const, and safe to run from
// several threads, each with its own workspaces. Every run is single-threaded. A region's features
// do not depend on other regions.
class PictureNetwork {
 public:
  // Sizes of pictures whose trunks are kept, those used last: about 7 MB each in bf16.
  static constexpr std::size_t kMostSizes = 16;

  // Errors as Network's.
  PictureNetwork(const Weights& weights, const NetworkOptions& options);
  PictureNetwork(PictureNetwork&&) noexcept;
  PictureNetwork& operator=(PictureNetwork&&) noexcept;
  ~PictureNetwork();

  const NetworkOptions& options() const;

  // One thread's memory to run the trunk in, of one size of pictures at a time. Holds the map of
  // the picture that ran last.
  class PictureWorkspace {
   public:
    struct State;
    explicit PictureWorkspace(std::unique_ptr<State> state);
    PictureWorkspace(PictureWorkspace&&) noexcept;
    PictureWorkspace& operator=(PictureWorkspace&&) noexcept;
    ~PictureWorkspace();
    State& state() { return *state_; }
    const State& state() const { return *state_; }

   private:
    std::unique_ptr<State> state_;
  };
  PictureWorkspace MakePictureWorkspace() const;

  // Where a picture of this size goes, and in which form. Expects even sides of at least
  // kSmallestTrunkSide.
  CropRows Input(const MapSize& size, PictureWorkspace& workspace) const;
  // Runs the trunk on the picture in Input().
  void RunTrunk(PictureWorkspace& workspace) const;

  // The map of the picture that ran last; valid until Input() is called again.
  PictureMap MapIn(const PictureWorkspace& workspace) const;

  // One thread's memory to run regions in.
  class RegionWorkspace {
   public:
    struct State;
    explicit RegionWorkspace(std::unique_ptr<State> state);
    RegionWorkspace(RegionWorkspace&&) noexcept;
    RegionWorkspace& operator=(RegionWorkspace&&) noexcept;
    ~RegionWorkspace();
    State& state() { return *state_; }

   private:
    std::unique_ptr<State> state_;
  };
  RegionWorkspace MakeRegionWorkspace() const;

  // Writes the 1024 features of each window of the picture whose map is in `picture`, which several
  // threads may read at once. If there is room for them, also the profiles of its last map
  // (kProfileDim). Fastest for multiples of kRegionsTogether windows.
  //   features: windows x 1024, row-major
  //   profiles: windows x kProfileDim, or empty
  static constexpr std::size_t kRegionsTogether = 8;
  void FeaturesOf(std::span<const kernels::RegionWindow> windows,
                  const PictureWorkspace& picture,
                  RegionWorkspace& workspace,
                  std::span<float> features,
                  std::span<float> profiles = {}) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deeper
