#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/detection.h"
#include "core/image.h"
#include "core/pictures/picture_files.h"
#include "detector/detector.h"
#include "detector/regions/features.h"
#include "tools/options/reading_options.h"
#include "tools/verbs/draw_found.h"

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
  std::optional<FoundDrawing> drawing;  // nothing: nothing is drawn
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

  // Draws again what was found in a picture. Returns why it cannot be read; "" for all went well.
  std::string Redraw(const Picture& picture, const ImageDetections& found) const;

  // Everything that the detections depend on besides the pictures, as text.
  std::string Configuration() const;

 private:
  const Detector* detector_;
  PictureDetectorOptions options_;
};

// A picture of an earlier command, and what it found there.
struct EarlierFound {
  const Picture* picture = nullptr;
  const ImageDetections* found = nullptr;
};

// Draws them again, as long as nobody asks to stop. Says on stderr which picture cannot be read,
// and returns how many.
std::size_t DrawEarlier(const PictureDetector& detect,
                        const std::vector<EarlierFound>& earlier,
                        int workers);

}  // namespace deeper::tools
