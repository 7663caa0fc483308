#include "tools/run/stop_signal.h"

#include <semaphore.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <string_view>
#include <thread>

#include "core/files/unfinished_files.h"
#include "tools/options/exit_status.h"

namespace deeper::tools {

namespace {

// What orderly work has after the signal: enough for a picture or a step of training, and less than
// the 10 s after which a container is killed.
constexpr std::chrono::seconds kStopLimit{8};

constexpr std::string_view kStopping =
    "\nstopping behind the step or picture in work, in 8 s at most\n";
constexpr std::string_view kStoppingByKey =
    "\nstopping behind the step or picture in work, in 8 s at most; Ctrl-C again stops now\n";

std::atomic<int> stop_signal{0};
std::atomic<int> signals_came{0};
static_assert(std::atomic<int>::is_always_lock_free,
              "a signal handler may only use lock-free atomics");
std::atomic<int> orderly_stops{0};
sem_t signal_came;

void RememberSignal(int signal) {
  const int kept_errno = errno;
  stop_signal = signal;
  if (signals_came++ > 1) std::_Exit(128 + signal);
  sem_post(&signal_came);
  errno = kept_errno;
}

void Say(std::string_view message) {
  [[maybe_unused]] const ssize_t said = write(STDERR_FILENO, message.data(), message.size());
}

// Waits for another signal. Returns whether one came before the limit.
bool AnotherCame() {
  timespec until = {};
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += kStopLimit.count();
  while (sem_clockwait(&signal_came, CLOCK_MONOTONIC, &until) != 0) {
    if (errno == ETIMEDOUT) return false;
  }
  return true;
}

[[noreturn]] void EndAfterSignal() {
  while (sem_wait(&signal_came) != 0) {
  }
  if (orderly_stops > 0) {
    Say(stop_signal == SIGINT ? kStoppingByKey : kStopping);
    if (!AnotherCame()) Say("\nstopped in its midst; the same command goes on\n");
  }
  RemoveUnfinishedFilesAndExit(StopStatus());
}

}  // namespace

void WatchForStop() {
  sem_init(&signal_came, 0, 0);
  std::thread(EndAfterSignal).detach();
  std::signal(SIGINT, RememberSignal);
  std::signal(SIGTERM, RememberSignal);
}

OrderlyStop::OrderlyStop() { ++orderly_stops; }

OrderlyStop::~OrderlyStop() { --orderly_stops; }

int StopSignal() { return stop_signal.load(); }

ExitStatus StopStatus() { return StopSignal() == SIGTERM ? kTerminated : kInterrupted; }

}  // namespace deeper::tools
