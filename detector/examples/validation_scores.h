#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace deeper {

// How well a classifier does on examples with known labels, gathered one by one. Label 0 may be
// background.
class ValidationScores {
 public:
  // first_class: 1 if label 0 is background, for which no average precision is computed; else 0.
  ValidationScores(std::size_t outputs, std::size_t first_class);

  // scores: unbounded, one per output. Expects label < scores.size().
  void Add(std::span<const float> scores, std::size_t label);

  // The figures:
  //   "loss"      mean of -log of the label's probability
  //   "accuracy"  share of examples with the label on top; the mean over the labels that occur, so
  //               that a frequent one does not hide the others
  //   "map"       the average precision of ranking all examples by a class's probability; the mean
  //               over the classes that occur
  std::map<std::string, double> Numbers() const;

 private:
  std::size_t first_class_;
  double loss_ = 0;
  std::vector<std::size_t> labels_;
  std::vector<std::vector<float>> probabilities_;  // one list per output, parallel to labels_
  std::vector<std::size_t> right_;                 // one per output
};

}  // namespace deeper
