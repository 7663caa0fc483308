#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "tools/serve/picture_work.h"

namespace deeper::tools {

// Pictures that wait for a worker, bounded in number, and the threads that work on them. Safe from
// several threads.
class WorkQueue {
 public:
  struct Task {
    PictureJob job;
    std::function<void(PictureOutcome)> done;  // called once, from a worker's thread
  };

  // make_work() is called once on each of the `workers` threads; what it returns is called on that
  // thread alone. capacity: pictures that may wait, at least 1.
  WorkQueue(int workers, std::size_t capacity, std::function<PictureWork()> make_work);
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;
  // Waits until all tasks are done.
  ~WorkQueue();

  // Takes all of the tasks, or none where they do not fit: returns false then.
  bool TryAdd(std::vector<Task> tasks);

  std::size_t capacity() const { return capacity_; }
  std::size_t workers() const { return threads_.size(); }
  std::size_t Waiting() const;
  std::size_t UnderWay() const { return under_way_; }
  // After how many seconds, at least 1, a picture that comes now would be begun, by what those
  // before took.
  int SecondsToWait() const;

 private:
  void Serve();

  std::size_t capacity_;
  std::function<PictureWork()> make_work_;
  mutable std::mutex mutex_;
  std::condition_variable added_;
  std::deque<Task> tasks_;
  double picture_s_ = 0.5;  // a mean in which late ones count more
  bool is_ending_ = false;
  std::atomic<std::size_t> under_way_ = 0;
  std::vector<std::jthread> threads_;
};

}  // namespace deeper::tools
