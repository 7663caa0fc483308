#pragma once

#include <chrono>
#include <ctime>

namespace deeper {

// Runs from its construction. Safe from several threads.
class Stopwatch {
 public:
  double Seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

// Counts the processor time of the thread that makes it. It stands still while that thread waits,
// for a disk or for a core that another program has. For that thread alone.
class ProcessorWatch {
 public:
  double Seconds() const { return Now() - start_; }

 private:
  static double Now() {
    std::timespec time = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
  double start_ = Now();
};

// Returns what `work` returns, and adds the seconds that it took to `total_s`: on the clock, or of
// this thread's processor time with ProcessorWatch as the Watch.
template <typename Watch = Stopwatch, typename Work>
auto Timed(double& total_s, const Work& work) {
  const Watch watch;
  auto result = work();
  total_s += watch.Seconds();
  return result;
}

}  // namespace deeper
