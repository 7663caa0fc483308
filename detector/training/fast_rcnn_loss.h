#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "backbone/training/picture_trainer.h"
#include "backbone/training/training_run.h"
#include "detector/examples/picture_draw.h"

namespace deeper {

// What a Fast R-CNN training minimizes (Girshick 2015, section 2.3), of regions that were drawn:
//   -log softmax_label + box_weight x smooth L1 of where the object lies
// scores: those of background and the classes, then the four offsets.

// The loss of a region. Replaces `gradient` by its derivatives.
double RegionLossOf(const PictureDraw& draw,
                    double box_weight,
                    std::size_t picture,
                    std::size_t region,
                    std::span<const float> scores,
                    std::span<float> gradient);

// The regions of a picture with the largest losses, `count` at most, by their numbers, ascending
// (online hard example mining, Shrivastava et al. 2016). scores: regions x outputs.
std::vector<std::size_t> HardestOf(const PictureDraw& draw,
                                   double box_weight,
                                   std::size_t count,
                                   std::size_t picture,
                                   std::span<const float> scores,
                                   std::size_t outputs);

// How well the regions of these pictures are classified, and their boxes' mean loss, "box_loss".
ValidationFigures FiguresOn(PictureDraw& draw,
                            const std::vector<std::size_t>& numbers,
                            std::size_t outputs,
                            PictureTrainer& trainer);

}  // namespace deeper
