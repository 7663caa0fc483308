#pragma once

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <limits>

namespace deeper::test {

// Seconds of processor time that this process spends in work().
template <typename Work>
double ProcessorSeconds(const Work& work) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  const double begin = now();
  work();
  return now() - begin;
}

// How many times as much processor time four times the size takes: 4 where the time is proportional
// to the size, 16 where it grows with its square. prepare(size) gives the work to be measured.
// Other work on the machine can only lengthen a run, so the shortest of several counts.
template <typename Prepare>
double GrowthByFour(std::size_t size, const Prepare& prepare) {
  constexpr int kRuns = 5;
  const auto small = prepare(size);
  const auto large = prepare(4 * size);
  double of_small = std::numeric_limits<double>::max();
  double of_large = of_small;
  for (int run = 0; run < kRuns; ++run) {
    of_small = std::min(of_small, ProcessorSeconds(small));
    of_large = std::min(of_large, ProcessorSeconds(large));
  }
  return of_large / of_small;
}

// Between the 4 of linear growth and the 16 of quadratic one.
inline constexpr double kMostGrowth = 8;

}  // namespace deeper::test
