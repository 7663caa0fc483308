#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "core/image.h"
#include "detector/explain.h"
#include "detector/proposal_origin.h"
#include "detector/regions/crop.h"
#include "eval/drawing/draw_story.h"
#include "eval/evaluate.h"

namespace deeper::tools {

// What the evaluation says of a detection.
struct Judgement {
  Verdict verdict = Verdict::kFalsePositive;
  std::optional<std::size_t> object;  // position in ExplainedPicture::objects
  double iou = 0;                     // with it
};

// A candidate among those of a picture.
struct CandidatePlace {
  std::size_t list = 0;  // in ExplainedPicture::candidates
  std::size_t position = 0;

  bool operator==(const CandidatePlace&) const = default;
};

// A detection as 'deeper detect' gives it out, and the candidates that it was made of: one, or
// where boxes are fused those that were joined, the best first.
struct ExplainedDetection {
  Detection detection;
  std::vector<CandidatePlace> made_of;
};

// One picture with everything that the detector made of it. All boxes are in the pixels of `image`;
// stories tell them in the file's.
struct ExplainedPicture {
  std::string id;
  Image image;
  double file_from_image_x = 1;  // pixels of the file, upright, a pixel of `image`
  double file_from_image_y = 1;
  ClassTable classes;
  float min_score = 0;
  NmsOptions nms;
  double min_iou = 0;  // that finds an object
  std::vector<Box> proposals;
  std::vector<ProposalOrigin> origins;  // one a proposal; none: all are Selective Search's
  struct ModelScores {
    std::string name;  // no two have the same
    double weight = 1;
    CropOptions crop = {};
    std::vector<float> scores;  // proposals x classes
  };
  std::vector<ModelScores> models;
  // One list, of the mean of the models' scores; or where boxes are fused a list a model.
  std::vector<std::vector<Candidate>> candidates;
  bool fuses_boxes = false;
  std::vector<ExplainedDetection> detections;  // best first
  bool has_truth = false;
  std::vector<Annotation> objects;  // class_id of the data set
  ClassTable object_classes;
  // One a detection; nothing without truth and for classes that the truth does not have.
  std::vector<std::optional<Judgement>> judgements;
};

// A story in words, as JSON and as a picture.
struct ToldStory {
  Story story;
  std::string text;
  std::string json;  // one line
};

// The detections and objects with their numbers, for a choice. Its story's picture stays empty.
ToldStory TellPicture(const ExplainedPicture& picture);

// How detection `number`, from 1 by falling score, came about. Throws Error when there is none.
ToldStory TellDetection(const ExplainedPicture& picture, std::size_t number);

// What became of object `number`, from 1 as annotated: its best proposals and why they lost. Throws
// Error when there is none.
ToldStory TellObject(const ExplainedPicture& picture, std::size_t number);

}  // namespace deeper::tools
