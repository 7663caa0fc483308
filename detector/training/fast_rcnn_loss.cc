#include "detector/training/fast_rcnn_loss.h"

#include <algorithm>

#include "backbone/training/losses.h"
#include "detector/examples/validation_scores.h"
#include "detector/heads/heads.h"
#include "detector/regions/region_ranker.h"

namespace deeper {
namespace {

constexpr std::size_t kOffsets = BoxOffsets{}.size();

}  // namespace

double RegionLossOf(const PictureDraw& draw,
                    double box_weight,
                    std::size_t picture,
                    std::size_t region,
                    std::span<const float> scores,
                    std::span<float> gradient) {
  const std::size_t classes = scores.size() - kOffsets;
  double loss = SoftmaxLoss(
      scores.first(classes), draw.Region(picture, region).label, gradient.first(classes));
  const std::span<float> box_gradient = gradient.subspan(classes);
  std::ranges::fill(box_gradient, 0.0F);
  if (const auto target = draw.TargetOf(picture, region)) {
    loss += box_weight * SmoothL1Loss(scores.subspan(classes), *target, box_gradient);
    for (float& value : box_gradient) value *= static_cast<float>(box_weight);
  }
  return loss;
}

std::vector<std::size_t> HardestOf(const PictureDraw& draw,
                                   double box_weight,
                                   std::size_t count,
                                   std::size_t picture,
                                   std::span<const float> scores,
                                   std::size_t outputs) {
  const std::size_t regions = scores.size() / outputs;
  std::vector<float> losses(regions);
  std::vector<float> gradient(outputs);
  for (std::size_t i = 0; i < regions; ++i) {
    losses[i] = static_cast<float>(
        RegionLossOf(draw, box_weight, picture, i, scores.subspan(i * outputs, outputs), gradient));
  }
  return HighestOf(losses, count);
}

ValidationFigures FiguresOn(PictureDraw& draw,
                            const std::vector<std::size_t>& numbers,
                            std::size_t outputs,
                            PictureTrainer& trainer) {
  draw.BeginValidation(numbers);
  std::vector<std::vector<float>> scores(numbers.size());
  trainer.Score(
      draw.Sizes(),
      [&](std::size_t picture, std::size_t, PictureInput& input) { draw.Fill(picture, input); },
      [&](std::size_t picture, std::span<const float> of_picture) {
        scores[picture].assign(of_picture.begin(), of_picture.end());
      });
  const std::size_t classes = outputs - kOffsets;
  ValidationScores numbers_of(classes, /*first_class=*/1);
  double box_loss = 0;
  std::size_t objects = 0;
  std::vector<float> gradient(kOffsets);
  for (std::size_t p = 0; p < scores.size(); ++p) {
    for (std::size_t i = 0; i * outputs < scores[p].size(); ++i) {
      const std::span<const float> of_region = std::span(scores[p]).subspan(i * outputs, outputs);
      numbers_of.Add(of_region.first(classes), draw.Region(p, i).label);
      if (const auto target = draw.TargetOf(p, i)) {
        box_loss += SmoothL1Loss(of_region.subspan(classes), *target, gradient);
        ++objects;
      }
    }
  }
  ValidationFigures figures = numbers_of.Numbers();
  if (objects > 0) figures["box_loss"] = box_loss / static_cast<double>(objects);
  return figures;
}

}  // namespace deeper
