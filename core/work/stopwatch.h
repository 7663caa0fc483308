#pragma once

#include <chrono>

namespace deeper {

// Runs from when it is made. Safe from several threads.
class Stopwatch {
 public:
  double Seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

// What `work` returns; the seconds that it took are added to `total_s`.
template <typename Work>
auto Timed(double& total_s, const Work& work) {
  const Stopwatch watch;
  auto result = work();
  total_s += watch.Seconds();
  return result;
}

}  // namespace deeper
