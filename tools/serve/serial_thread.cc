#include "tools/serve/serial_thread.h"

#include <utility>

namespace deeper::tools {

SerialThread::SerialThread() : thread_([this] { Serve(); }) {}

SerialThread::~SerialThread() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  added_.notify_all();
}

void SerialThread::Add(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
  }
  added_.notify_all();
}

void SerialThread::Serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    added_.wait(lock, [&] { return is_ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    std::function<void()> work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
}

}  // namespace deeper::tools
