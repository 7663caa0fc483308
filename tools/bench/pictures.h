#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/pictures/picture_files.h"
#include "core/pictures/read_image.h"
#include "detector/detector.h"

namespace deeper::tools {

// What whole pictures took, from file to detections.
struct PictureRates {
  std::string precision;
  bool reads_whole_pictures = false;  // regions share the picture's map, and are no crops
  std::size_t pictures = 0;
  double proposals = 0;  // that the network ran on, per picture
  StageTimes stages{};   // of one worker, per picture
  int workers = 1;
  double network_share = 0;   // of one worker's time
  double regions_per_s = 0;   // all workers, whole pictures, by the clock
  double pictures_per_s = 0;  // the same
  double latency_s = 0;       // of one picture after the other, with all processors, by the clock
};

// Detects in all the pictures: with all workers, one picture after the other, and with one worker.
// precision: the detector's, for people. reading: how pictures are read. Throws Error when one
// cannot be. Expects at least one picture.
PictureRates MeasurePictures(const Detector& detector,
                             const std::string& precision,
                             const std::vector<Picture>& pictures,
                             const ReadImageOptions& reading,
                             int workers);

}  // namespace deeper::tools
