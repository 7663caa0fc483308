#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "core/image.h"
#include "detector/crop.h"
#include "detector/explain.h"
#include "eval/draw_story.h"
#include "eval/evaluate.h"

namespace deeper::tools {

// What the evaluation says of a detection.
struct Judgement {
  Verdict verdict = Verdict::kFalsePositive;
  std::optional<std::size_t> object;  // position in ExplainedPicture::objects
  double iou = 0;                     // with it
};

// One picture with everything that the detector made of it. All boxes are in the pixels of `image`;
// stories tell them in the file's.
struct ExplainedPicture {
  std::string id;
  Image image;
  double file_from_image_x = 1;  // pixels of the file, upright, a pixel of `image`
  double file_from_image_y = 1;
  ClassTable classes;
  CropOptions crop;
  float min_score = 0;
  double max_iou = 0;  // of suppression
  double min_iou = 0;  // that finds an object
  std::vector<Box> proposals;
  // Of each model its scores, proposals x classes; their mean is the candidates'.
  struct ModelScores {
    std::string name;
    std::vector<float> scores;
  };
  std::vector<ModelScores> models;
  std::vector<Candidate> candidates;
  std::vector<std::size_t> detections;  // positions of those that are kept, best first
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
