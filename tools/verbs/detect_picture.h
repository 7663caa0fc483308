#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/detection.h"
#include "core/image.h"
#include "core/pictures/picture_files.h"
#include "detector/detector.h"
#include "detector/regions/features.h"
#include "tools/options/reading_options.h"

namespace deeper::tools {

// What one picture gave.
struct PictureDetections {
  std::string json;  // what the journal keeps
  StageTimes times;
  std::size_t proposals = 0;
  bool replaced_kept = false;  // as in Found
  std::string error;           // empty when all went well
};

// How the pictures of a run are detected in and drawn.
struct PictureDetectorOptions {
  DetectOptions detect;
  ReadingOptions reading;
  // Detections below are not drawn; nothing: the operating point of the class, or margins above 0.
  std::optional<float> draw_min_score;
  std::filesystem::path drawings;  // a directory; "": nothing is drawn
};

// What 'deeper detect' does with one picture: read, detect, draw. Safe from several threads, each
// with its own pictures.
class PictureDetector {
 public:
  // `detector` must outlive this.
  PictureDetector(const Detector& detector, const PictureDetectorOptions& options);

  // A picture that cannot be read is said in the result. Throws Error for what no other picture
  // would survive either, as a full disk.
  PictureDetections Run(const Picture& picture) const;

  // Everything that the detections depend on besides the pictures, as text.
  std::string Configuration() const;

 private:
  void Draw(const Image& image, const ImageDetections& found) const;

  const Detector* detector_;
  PictureDetectorOptions options_;
  std::vector<float> drawn_from_;  // by class
};

}  // namespace deeper::tools
