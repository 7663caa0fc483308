#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "core/work/monitor.h"

namespace deeper::tools {

// How far a long work is, on stderr, with the time left. On a terminal one line that is rewritten a
// few times a second; elsewhere a line of its own every 30 s. The estimate is the mean rate of this
// run, so that work taken over from an earlier one does not flatter it. Not for several threads at
// once.
class ProgressLine {
 public:
  // what: "detecting"; unit: "pictures". already_done of `total` were done by an earlier run.
  ProgressLine(std::string what, std::string unit, std::size_t total, std::size_t already_done = 0);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine();

  void Advance(std::size_t count = 1);
  // To so many of them done, by this run and earlier ones; not fewer than before.
  void AdvanceTo(std::size_t done) { Advance(done - done_); }
  // Prints a line of its own without disturbing the progress line.
  void Say(const std::string& message);

 private:
  using Clock = std::chrono::steady_clock;
  void Show();
  void Erase();

  std::string what_;
  std::string unit_;
  std::size_t total_;
  std::size_t done_;
  std::size_t already_done_;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point started_ = Clock::now();
  Clock::time_point last_shown_ = started_;
};

// A monitor that shows stages as progress lines, says lines between them on stderr, and stops when
// a signal asks to: as long as a copy of it lives, it is an OrderlyStop.
Monitor TerminalMonitor();

}  // namespace deeper::tools
