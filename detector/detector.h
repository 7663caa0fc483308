#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "backbone/precision.h"
#include "core/class_table.h"
#include "core/detection.h"
#include "core/image.h"
#include "core/pictures/read_image.h"
#include "detector/detector_options.h"
#include "detector/model/model.h"
#include "detector/proposal_origin.h"
#include "detector/region_scores.h"
#include "detector/regions/region_extractor.h"

namespace deeper {

// What a detector found in a picture, and what it took.
struct Found {
  std::vector<Detection> detections;  // by descending score
  int width = 0;                      // of the picture whose pixels the boxes are in
  int height = 0;
  std::size_t proposals = 0;
  StageTimes times;
  // Features were kept under the picture's name, of another content: they were extracted anew.
  bool replaced_kept = false;
};

// One or several models that score the same regions, loaded with their networks and ready to run:
// what 'deeper detect' runs. The first model says how proposals are made and suppressed.
//
// Const, and safe to use from several threads, each with its own pictures. A picture's crops are
// spread over the oneTBB arena of the calling thread. If several threads detect at once, limit
// OpenBLAS and OpenCV to one thread each (OPENBLAS_NUM_THREADS=1, cv::setNumThreads(1)).
class Detector {
 public:
  // Throws Error naming the file for models that cannot be read, whose classes differ from the
  // first's, or of which some are calibrated and some are not: their scores have no mean. Expects
  // at least one.
  explicit Detector(const std::vector<std::filesystem::path>& models,
                    const DetectorOptions& options = {});
  Detector(Detector&&) noexcept;
  Detector& operator=(Detector&&) noexcept;
  ~Detector();

  const ClassTable& classes() const { return first().classes; }
  const Model& first() const { return model(0); }
  const Model& model(std::size_t number) const;
  std::size_t size() const;
  // One per model.
  const std::vector<double>& weights() const;
  const std::vector<std::filesystem::path>& files() const;
  bool fuses_boxes() const;
  double fusion_iou() const;
  // What differs from the options, such as a precision that the processor does not run. One line
  // each, for people.
  const std::vector<std::string>& remarks() const;

  // The first model's options. Soft suppression is off if boxes are fused: fusion needs one box of
  // each model per object.
  DetectOptions DefaultOptions() const;

  // The objects in a picture, by DefaultOptions(). Boxes are in its pixels. Expects a picture with
  // pixels.
  std::vector<Detection> Detect(const Image& image) const;
  // The objects in a picture's file. Boxes are in the file's pixels, upright. A JPEG is decoded in
  // no more pixels than the crops need. Throws Error naming the file when it cannot be read.
  std::vector<Detection> Detect(const std::filesystem::path& file) const;

  // Detect by other options, with all that was found. `picture_id` names the picture where features
  // are kept.
  Found Detect(const Image& image,
               const DetectOptions& options,
               const std::string& picture_id = {}) const;

  // A picture's file as Detect reads it: the image as decoded, and the size of the whole.
  ScaledImage Read(const std::filesystem::path& file, const ReadImageOptions& reading = {}) const;

  // The regions of a picture, and what every model makes of them.
  struct Scored {
    std::vector<Box> boxes;
    // Who proposed each; empty without a MultiBox, or if kept features were used.
    std::vector<ProposalOrigin> origins;
    std::vector<RegionScores> by_model;
    StageTimes times;
    bool replaced_kept = false;  // as in Found
  };
  // Proposes regions and scores them with every model.
  Scored Score(const Image& image, bool box_regression, const std::string& picture_id = {}) const;

  // Everything that the scores depend on, as text.
  std::string Configuration() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The detector of these files with the models' own defaults, as in 'deeper detect --model'.
Detector LoadDetector(const std::filesystem::path& model, const DetectorOptions& options = {});
Detector LoadDetector(const std::vector<std::filesystem::path>& models,
                      const DetectorOptions& options = {});

// Scales boxes from a picture of one size to one of another.
void ScaleBoxes(int from_width,
                int from_height,
                int to_width,
                int to_height,
                std::vector<Detection>& detections);

}  // namespace deeper
