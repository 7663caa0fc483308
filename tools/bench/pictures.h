#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "backbone/network.h"
#include "core/pictures/picture_files.h"
#include "detector/model/model.h"
#include "detector/regions/features.h"

namespace deeper::tools {

// What whole pictures took, from file to detections.
struct PictureRates {
  std::string precision;
  std::size_t pictures = 0;
  double proposals = 0;  // per picture
  StageTimes stages{};   // of one worker, per picture
  int workers = 1;
  double network_share = 0;  // of one worker's time
  double crops_per_s = 0;    // all workers, whole pictures, by the clock
};

// Detects in all the pictures twice: with all workers, then with one. Throws Error when one cannot
// be read. Expects at least one picture.
PictureRates MeasurePictures(const Model& model,
                             const Network& network,
                             const std::vector<Picture>& pictures,
                             int workers);

}  // namespace deeper::tools
