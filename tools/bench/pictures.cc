#include "tools/bench/pictures.h"

#include <utility>

#include "core/work/parallel.h"
#include "core/work/stopwatch.h"

namespace deeper::tools {

PictureRates MeasurePictures(const Detector& detector,
                             const std::string& precision,
                             const std::vector<Picture>& pictures,
                             const ReadImageOptions& reading,
                             int workers) {
  PictureRates rates{.precision = precision,
                     .reads_whole_pictures = detector.first().picture_scale.has_value(),
                     .pictures = pictures.size(),
                     .workers = workers};
  const auto run = [&](const Picture& picture) {
    double decode_s = 0;
    const ScaledImage read =
        Timed<ProcessorWatch>(decode_s, [&] { return detector.Read(picture.path, reading); });
    Found found = detector.Detect(read.image, detector.DefaultOptions());
    found.times.decode_s = decode_s;
    return found;
  };
  const auto run_all = [&](int threads) {
    std::size_t proposals = 0;
    rates.stages = {};
    ForEachInOrder<Found>(
        pictures.size(),
        threads,
        NeverStop,
        [&](std::size_t i) { return run(pictures[i]); },
        [&](std::size_t, const Found& found) {
          proposals += found.proposals;
          rates.stages += found.times;
        });
    return proposals;
  };
  const auto count = static_cast<double>(pictures.size());
  run(pictures.front());  // makes what is made once
  double seconds = 0;
  const std::size_t proposals = Timed(seconds, [&] { return run_all(workers); });
  rates.regions_per_s = static_cast<double>(proposals) / seconds;
  rates.pictures_per_s = count / seconds;
  for (const Picture& picture : pictures) {
    Timed(rates.latency_s, [&] { return run(picture); });
  }
  rates.latency_s /= count;
  run_all(1);
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
