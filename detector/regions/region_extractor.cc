#include "detector/regions/region_extractor.h"

namespace deeper {

StageTimes& StageTimes::operator+=(const StageTimes& other) {
  decode_s += other.decode_s;
  proposals_s += other.proposals_s;
  crop_s += other.crop_s;
  network_s += other.network_s;
  heads_s += other.heads_s;
  return *this;
}

}  // namespace deeper
