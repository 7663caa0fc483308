#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/dataset.h"
#include "core/image.h"
#include "detector/explain.h"
#include "detector/proposal_origin.h"
#include "detector/regions/crop.h"
#include "eval/evaluate.h"

namespace deeper::tools {

// What the evaluation says of a detection.
struct Judgement {
  Verdict verdict = Verdict::kFalsePositive;
  std::optional<std::size_t> object;  // position in StoryPicture::objects
  double iou = 0;                     // with it
};

// A candidate among those of a picture.
struct CandidatePlace {
  std::size_t list = 0;  // in StoryPicture::candidates
  std::size_t position = 0;

  bool operator==(const CandidatePlace&) const = default;
};

// A detection as 'deeper detect' writes it, and the candidates that it was made of: one, or where
// boxes are fused those that were joined, the best first.
struct StoryDetection {
  Detection detection;
  std::vector<CandidatePlace> made_of;
};

// One picture with everything that the detector made of it. All boxes are in the pixels of `image`;
// stories have them in the file's.
struct StoryPicture {
  std::string id;
  Image image;
  double file_from_image_x = 1;  // pixels of the file, upright, per pixel of `image`
  double file_from_image_y = 1;
  ClassTable classes;
  float min_score = 0;
  NmsOptions nms;
  double min_iou = 0;  // that finds an object
  std::vector<Box> proposals;
  std::vector<ProposalOrigin> origins;  // one per proposal; none: all are Selective Search's
  struct ModelScores {
    std::string name;  // no two have the same
    double weight = 1;
    CropOptions crop = {};
    bool reads_map = false;     // its regions are windows of the whole picture's map, and no crops
    std::vector<float> scores;  // proposals x classes
  };
  std::vector<ModelScores> models;
  // One list, of the mean of the models' scores; or where boxes are fused a list for each model.
  std::vector<std::vector<Candidate>> candidates;
  bool fuses_boxes = false;
  std::vector<StoryDetection> detections;  // best first
  bool has_truth = false;
  std::vector<Annotation> objects;  // class_id of the data set
  ClassTable object_classes;
  // One per detection; nothing without truth and for classes that the truth does not have.
  std::vector<std::optional<Judgement>> judgements;
};

// The box in the pixels of the picture's file.
Box BoxInFile(const StoryPicture& picture, const Box& box);

const Candidate& CandidateAt(const StoryPicture& picture, const CandidatePlace& place);
const std::string& ClassOf(const StoryPicture& picture, const Detection& detection);
const std::string& ClassOf(const StoryPicture& picture, std::size_t object);

// The number, from 1, of the detection that was made of the candidate; nothing where none was.
std::optional<std::size_t> NumberOf(const StoryPicture& picture, const CandidatePlace& place);

// The number of the detection that found the object.
std::optional<std::size_t> FinderOf(const StoryPicture& picture, std::size_t object);

// The object of any class with the highest IoU with the box, and that IoU. Nothing where none
// overlaps.
std::optional<std::pair<std::size_t, double>> NearestObject(const StoryPicture& picture,
                                                            const Box& box);

// The region's candidates of its best classes, best first. The candidate's own class stands at the
// end where it is not among them.
std::vector<const Candidate*> BestClasses(const StoryPicture& picture, const CandidatePlace& place);

}  // namespace deeper::tools
