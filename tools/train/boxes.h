#pragma once

#include <cstddef>
#include <vector>

#include "detector/heads/heads.h"
#include "detector/heads/training_images.h"
#include "tools/options/command_line.h"
#include "tools/train/outcome.h"

namespace deeper::tools {

// "deeper train boxes": box regression anew for an existing detector, on the features of its own
// network; all else of it stays.
TrainingOutcome TrainBoxes(const Arguments& words);

// TrainBoxRegression with its progress on stderr.
BoxRegression TrainBoxRegressionOn(const std::vector<BoxTrainingImage>& images,
                                   std::size_t class_count,
                                   const BoxRegressionTrainingOptions& options,
                                   int workers);

}  // namespace deeper::tools
