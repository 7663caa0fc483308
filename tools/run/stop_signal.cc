#include "tools/run/stop_signal.h"

#include <atomic>
#include <csignal>

#include "tools/options/exit_status.h"

namespace deeper::tools {

namespace {

std::atomic<int> stop_signal{0};
static_assert(std::atomic<int>::is_always_lock_free,
              "a signal handler may only use lock-free atomics");

void RememberSignal(int signal) {
  if (stop_signal.exchange(signal) != 0) std::_Exit(128 + signal);
}

}  // namespace

void WatchForStop() {
  std::signal(SIGINT, RememberSignal);
  std::signal(SIGTERM, RememberSignal);
}

int StopSignal() { return stop_signal.load(); }

ExitStatus StopStatus() { return StopSignal() == SIGTERM ? kTerminated : kInterrupted; }

}  // namespace deeper::tools
