#pragma once

#include <string>

#include "core/error.h"

namespace deeper {

// What mends an error, where the library or its caller has a means for just that.
enum class Remedy {
  kMeasureQuantization,  // of the network, on pictures: MeasureOnPictures
  kCalibrate,            // the model's scores: CalibrationOf
  kTrainMultiBox,        // TrainMultiBox
  kNameBackbone,         // the file of the model's network
  kReadFingerprint,      // of the network that a model names
  kNameClasses,          // all of the data set's, or leave out detections of others
  kNameDataset,          // by whose numbers a file counts
  kNamePictures,         // whose sizes a file does not state
  kTakeCommonPictures,   // those that have both truth and detections: KeepCommonPictures
};

// An Error whose message says in the library's terms what to do. A program that has a command or an
// option for the remedy adds its name.
class ErrorWithRemedy : public Error {
 public:
  ErrorWithRemedy(const std::string& message, Remedy remedy) : Error(message), remedy_(remedy) {}

  Remedy remedy() const { return remedy_; }

 private:
  Remedy remedy_;
};

}  // namespace deeper
