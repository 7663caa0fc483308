#include "tools/run/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>

namespace deeper::tools {

namespace {
constexpr std::chrono::milliseconds kTerminalPause{250};
constexpr std::chrono::seconds kLogPause{30};
}  // namespace

std::string DurationText(double seconds) {
  const auto whole = static_cast<long>(std::lround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string RateText(double per_second) {
  return per_second >= 1 ? fmt::format("{:.3g}/s", per_second)
                         : DurationText(1 / per_second) + " each";
}

std::string BytesText(double bytes) {
  if (bytes >= 1e9) return fmt::format("{:.1f} GB", bytes / 1e9);
  if (bytes >= 1e6) return fmt::format("{:.0f} MB", bytes / 1e6);
  return fmt::format("{:.0f} kB", bytes / 1e3);
}

ProgressLine::ProgressLine(std::string what,
                           std::string unit,
                           std::size_t total,
                           std::size_t already_done)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      total_(total),
      done_(already_done),
      already_done_(already_done),
      terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  Erase();
  const double elapsed_s = std::chrono::duration<double>(Clock::now() - started_).count();
  const std::size_t here = done_ - already_done_;
  if (here > 0) {
    fmt::print(
        stderr, "{}: {} of {} {} in {}\n", what_, done_, total_, unit_, DurationText(elapsed_s));
  }
}

void ProgressLine::Advance(std::size_t count) {
  done_ += count;
  const Clock::duration pause =
      terminal_ ? Clock::duration(kTerminalPause) : Clock::duration(kLogPause);
  if (Clock::now() - last_shown_ >= pause) Show();
}

void ProgressLine::Say(const std::string& message) {
  Erase();
  fmt::print(stderr, "{}\n", message);
}

void ProgressLine::Show() {
  last_shown_ = Clock::now();
  const double elapsed_s = std::chrono::duration<double>(last_shown_ - started_).count();
  const auto here = static_cast<double>(done_ - already_done_);
  std::string line = fmt::format("{}: {} of {} {}", what_, done_, total_, unit_);
  if (here > 0 && elapsed_s > 1) {
    const double rate = here / elapsed_s;
    line += fmt::format(
        ", {}, {} left", RateText(rate), DurationText(static_cast<double>(total_ - done_) / rate));
  }
  if (terminal_) {
    fmt::print(stderr, "\r{}\x1b[K", line);
    shown_ = true;
  } else {
    fmt::print(stderr, "{}\n", line);
  }
  std::fflush(stderr);
}

void ProgressLine::Erase() {
  if (!shown_) return;
  fmt::print(stderr, "\r\x1b[K");
  shown_ = false;
}

}  // namespace deeper::tools
