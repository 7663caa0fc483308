#include "tools/options/remedy_words.h"

namespace deeper::tools {

std::string WordsOf(Remedy remedy) {
  switch (remedy) {
    case Remedy::kMeasureQuantization:
      return "Try 'deeper model quantize', which measures it.";
    case Remedy::kCalibrate:
      return "Try 'deeper train calibrate', which makes scores probabilities.";
    case Remedy::kTrainMultiBox:
      return "Try 'deeper train multibox', which makes one.";
    case Remedy::kNameBackbone:
      return "Try --backbone FILE, which names it.";
    case Remedy::kReadFingerprint:
      return "Try 'deeper model info', which tells the fingerprint.";
    case Remedy::kNameClasses:
      return "Try --classes, which names all classes of a data set, or 'deeper evaluate "
             "--allow-unknown-classes', which leaves such detections out.";
    case Remedy::kNameDataset:
      return "Try --data KIND:PATH, which names one: --data coco:instances.json, --data "
             "ilsvrc:DIR.";
    case Remedy::kTakeCommonPictures:
      return "Try 'deeper evaluate --common-pictures', which judges those that both have.";
    case Remedy::kNamePictures:
      break;
  }
  return "Try --images DIR, which names the pictures.";
}

}  // namespace deeper::tools
