#pragma once

#include <chrono>

namespace deeper {

// Runs from its construction. Safe from several threads.
class Stopwatch {
 public:
  double Seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

// Returns what `work` returns, and adds the seconds that it took to `total_s`.
template <typename Work>
auto Timed(double& total_s, const Work& work) {
  const Stopwatch watch;
  auto result = work();
  total_s += watch.Seconds();
  return result;
}

}  // namespace deeper
