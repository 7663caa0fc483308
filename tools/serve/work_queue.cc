#include "tools/serve/work_queue.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "core/error.h"
#include "core/work/stopwatch.h"

namespace deeper::tools {

WorkQueue::WorkQueue(int workers, std::size_t capacity, std::function<PictureWork()> make_work)
    : capacity_(capacity), make_work_(std::move(make_work)) {
  Expects(workers > 0 && capacity > 0, "workers > 0 && capacity > 0");
  for (int i = 0; i < workers; ++i) threads_.emplace_back([this] { Serve(); });
}

WorkQueue::~WorkQueue() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  added_.notify_all();
}

bool WorkQueue::TryAdd(std::vector<Task> tasks) {
  {
    const std::lock_guard lock(mutex_);
    if (tasks_.size() + tasks.size() > capacity_) return false;
    std::ranges::move(tasks, std::back_inserter(tasks_));
  }
  added_.notify_all();
  return true;
}

std::size_t WorkQueue::Waiting() const {
  const std::lock_guard lock(mutex_);
  return tasks_.size();
}

int WorkQueue::SecondsToWait() const {
  constexpr double kLongest = 120;
  const std::lock_guard lock(mutex_);
  const double rounds =
      static_cast<double>(tasks_.size()) / static_cast<double>(std::max<std::size_t>(1, workers()));
  return static_cast<int>(std::clamp(std::ceil(rounds * picture_s_), 1.0, kLongest));
}

void WorkQueue::Serve() {
  const PictureWork work = make_work_();
  std::unique_lock lock(mutex_);
  for (;;) {
    added_.wait(lock, [&] { return is_ending_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    ++under_way_;
    lock.unlock();
    const Stopwatch watch;
    PictureOutcome outcome = work(task.job);
    task.job = {};
    --under_way_;
    task.done(std::move(outcome));
    task = {};
    lock.lock();
    picture_s_ = 0.9 * picture_s_ + 0.1 * watch.Seconds();
  }
}

}  // namespace deeper::tools
