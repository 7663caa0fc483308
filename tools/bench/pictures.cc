#include "tools/bench/pictures.h"

#include <utility>

#include "core/pictures/read_image.h"
#include "core/proposal.h"
#include "core/work/parallel.h"
#include "core/work/stopwatch.h"
#include "detector/heads/region_features.h"
#include "detector/proposer.h"
#include "detector/region_scores.h"
#include "tools/run/stop_signal.h"

namespace deeper::tools {

PictureRates MeasurePictures(const Model& model,
                             const Network& network,
                             const std::vector<Picture>& pictures,
                             int workers) {
  const Proposer proposer(model.proposals,
                          model.multibox,
                          ChooseMultiBoxPrecision(network.options().precision).precision,
                          MultiBoxViews::kParts);
  FeatureExtractor extractor(NetworkFamily({&network}, 0),
                             model.crop,
                             {model.box_regression ? &*model.box_regression : nullptr});
  PictureRates rates{.precision = NameOf(network.options().precision),
                     .pictures = pictures.size(),
                     .workers = workers};
  const auto run = [&](const Picture& picture, StageTimes& times) {
    const Image image = Timed(times.decode_s, [&] { return ReadImage(picture.path); });
    const std::vector<Box> boxes =
        Timed(times.proposals_s, [&] { return BoxesOf(proposer.Propose(image).proposals); });
    RegionFeatures regions = extractor.Extract(image, boxes, times);
    if (model.context_weight > 0) regions.context = extractor.ExtractWhole(image, times).features;
    Timed(times.heads_s,
          [&] { return DetectFromFeatures(model, std::move(regions), DetectOptionsOf(model)); });
    return boxes.size();
  };
  const auto run_all = [&](int threads) {
    std::size_t proposals = 0;
    rates.stages = {};
    ForEachInOrder<std::pair<std::size_t, StageTimes>>(
        pictures.size(),
        threads,
        StopAsked,
        [&](std::size_t i) {
          StageTimes times;
          const std::size_t count = run(pictures[i], times);
          return std::pair(count, times);
        },
        [&](std::size_t, const std::pair<std::size_t, StageTimes>& result) {
          proposals += result.first;
          rates.stages += result.second;
        });
    return proposals;
  };
  double seconds = 0;
  const std::size_t proposals = Timed(seconds, [&] { return run_all(workers); });
  rates.crops_per_s = static_cast<double>(proposals) / seconds;
  run_all(1);
  const auto count = static_cast<double>(pictures.size());
  rates.proposals = static_cast<double>(proposals) / count;
  StageTimes& stages = rates.stages;
  const double sum =
      stages.decode_s + stages.proposals_s + stages.crop_s + stages.network_s + stages.heads_s;
  rates.network_share = stages.network_s / sum;
  for (double* stage : {&stages.decode_s,
                        &stages.proposals_s,
                        &stages.crop_s,
                        &stages.network_s,
                        &stages.heads_s}) {
    *stage /= count;
  }
  return rates;
}

}  // namespace deeper::tools
