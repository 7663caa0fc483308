#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/image.h"
#include "core/proposal.h"

namespace deeper {

enum class ColourSpace { kHsv, kLab, kRgi, kHue, kIntensity };

// Which of the four similarities of Uijlings et al. 2013, section 3.2, are summed.
struct Similarities {
  bool colour = true;
  bool texture = true;
  bool size = true;
  bool fill = true;

  bool operator==(const Similarities&) const = default;
};

enum class SelectiveSearchImplementation {
  kOurs,    // this library's
  kOpenCv,  // cv::ximgproc, its own presets; for comparison
};

// Uijlings et al., IJCV 2013, with the parameters of R-CNN's code. One hierarchy is grown for each
// combination of colour space, similarity and k.
struct SelectiveSearchOptions {
  SelectiveSearchImplementation implementation = SelectiveSearchImplementation::kOurs;
  std::vector<ColourSpace> colour_spaces;
  std::vector<Similarities> similarities;
  // Felzenszwalb-Huttenlocher threshold and minimum region size in pixels. Larger values give fewer
  // and larger regions.
  std::vector<int> k;
  double sigma = 0.8;           // px of Gaussian smoothing before segmentation
  int width_px = 500;           // pictures are resized to this width first; 0 keeps the size
  int max_area_px = 500 * 500;  // and shrunk further until their area is at most this
  int min_side_px = 20;  // boxes narrower or lower than this in the resized frame are dropped
  // Near-duplicates: a box is dropped if its IoU with a better-ranked one is larger than this. 1
  // drops only exact duplicates.
  double max_iou = 1;
  int max_boxes = 0;  // best-ranked boxes kept; 0 keeps all
  // Mixed with the picture's pixels: the same picture always gives the same list.
  std::uint64_t seed = 0;

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
  bool operator==(const SelectiveSearchOptions&) const = default;
};

// {HSV, Lab} x {CTSF, TSF} x k {50, 100}: 8 hierarchies. C, T, S, F: colour, texture, size, fill.
SelectiveSearchOptions FastSelectiveSearch();
// {HSV, Lab, RGI, H, I} x {CTSF, TSF, F, S} x k {50, 100, 150, 300}: 80 hierarchies.
SelectiveSearchOptions QualitySelectiveSearch();
// Fast with k {100, 200}, our reading of GoogLeNet's "superpixel size x2"; the default of
// detection.
SelectiveSearchOptions DoubleSuperpixelSelectiveSearch();

// The default proposals of detection: x2 superpixels without near-duplicates (IoU > 0.9). That
// drops a fifth of the boxes and less than a hundredth of the recall.
SelectiveSearchOptions DefaultProposals();

// "fast", "quality", "x2", or "opencv" (fast by cv::ximgproc); throws Error listing them otherwise.
SelectiveSearchOptions SelectiveSearchPreset(const std::string& name);

// One line that says how proposals are made, for recipes and logs. Equal for equal options.
std::string SearchText(const SelectiveSearchOptions& options);

// Returns the proposals of a picture in its own pixels, clipped to it, best first, without
// duplicates. A non-empty picture has at least one: the whole picture when nothing else remains.
// The same picture and options give the same proposals on every thread. Expects a non-empty image
// and valid options. Safe from several threads.
std::vector<Proposal> SelectiveSearch(const Image& image, const SelectiveSearchOptions& options);

// Greedy, best rank first: drops each box whose IoU with a kept one is larger than max_iou.
// Renumbers the ranks.
std::vector<Proposal> DropNearDuplicates(std::vector<Proposal> proposals, double max_iou);

}  // namespace deeper
