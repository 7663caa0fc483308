#include "tools/run/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>

#include "core/text/quantities.h"
#include "tools/run/stop_signal.h"

namespace deeper::tools {

namespace {
constexpr std::chrono::milliseconds kTerminalPause{250};
constexpr std::chrono::seconds kLogPause{30};
}  // namespace

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
    fmt::print(stderr,
               "{}: {} of {} in {}\n",
               what_,
               done_,
               Counted(total_, unit_),
               DurationText(elapsed_s));
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
  std::string line = fmt::format("{}: {} of {}", what_, done_, Counted(total_, unit_));
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

Monitor TerminalMonitor() {
  const auto line = std::make_shared<std::optional<ProgressLine>>();
  const auto orderly = std::make_shared<const OrderlyStop>();
  return {.begin = [line](const std::string& what,
                          const std::string& unit,
                          std::size_t total,
                          std::size_t done) { line->emplace(what, unit, total, done); },
          .advance = [line](std::size_t count) { (*line)->Advance(count); },
          .end = [line] { line->reset(); },
          .say =
              [line](const std::string& text) {
                if (*line) {
                  (*line)->Say(text);
                } else {
                  fmt::print(stderr, "{}\n", text);
                }
              },
          .stop_asked = [orderly] { return StopAsked(); }};
}

}  // namespace deeper::tools
