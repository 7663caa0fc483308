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
  // first_class: 1 where label 0 is background, of which no average precision is taken, else 0.
  ValidationScores(std::size_t outputs, std::size_t first_class);

  // scores: unbounded, one an output. Expects label < scores.size().
  void Add(std::span<const float> scores, std::size_t label);

  // "loss": mean of -log of the label's probability; "accuracy": share with the label on top, the
  // mean over the labels that occur, so that a frequent one does not hide the others; "map": mean
  // over the classes that occur of the average precision of ranking all examples by the class's
  // probability.
  std::map<std::string, double> Numbers() const;

 private:
  std::size_t first_class_;
  double loss_ = 0;
  std::vector<std::size_t> labels_;
  std::vector<std::vector<float>> probabilities_;  // one list an output, parallel to labels_
  std::vector<std::size_t> right_;                 // one an output
};

}  // namespace deeper
