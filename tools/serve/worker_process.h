#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>

#include "tools/serve/picture_work.h"

namespace deeper::tools {

// Makes the work of a worker, in the worker's own process; is_first: of the first worker, which
// alone says on stderr what there is to say. Throws Error where that is not possible.
using MakeWork = std::function<PictureWork(bool is_first)>;

// A process from which workers are forked: one that stays small, has one thread, and runs no
// picture, so that a fork is sound at any time. It and its workers end with this object, or with
// the process that has it.
class Nursery {
 public:
  // Forks. To be made before this process has threads that hold locks, and before it opens what
  // workers must not have. Throws Error where the system has no process for it.
  explicit Nursery(MakeWork make_work);
  Nursery(const Nursery&) = delete;
  Nursery& operator=(const Nursery&) = delete;
  ~Nursery();

  // A worker that has begun to make its work, and the socket that jobs go through.
  struct Worker {
    pid_t process = -1;
    int socket = -1;
  };
  // Throws Error where the system has no process for it. Safe from several threads.
  Worker Begin();

 private:
  std::mutex mutex_;
  int control_ = -1;
  pid_t process_ = -1;
};

// A worker in a process of its own. A job that ends the process, or takes longer than the limit,
// has an outcome that says so; the next job has a new process. For one thread.
class WorkerProcess {
 public:
  // `nursery` and `restarts`, which counts new processes, must outlive this. time_limit_s: of a
  // job, in seconds on the clock; 0 for none.
  WorkerProcess(Nursery& nursery, double time_limit_s, std::atomic<std::size_t>& restarts);
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;
  ~WorkerProcess();

  PictureOutcome Do(const PictureJob& job);

 private:
  void End();
  // The outcome of a job whose process ended, status 500, or was ended.
  PictureOutcome Lost(int status, const std::string& reason);

  Nursery& nursery_;
  double time_limit_s_;
  std::atomic<std::size_t>& restarts_;
  Nursery::Worker worker_;
  bool is_ready_ = false;  // its work is made
};

}  // namespace deeper::tools
