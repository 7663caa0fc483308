#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace deeper::tools {

// A thread that does one piece of work after the other, in the order in which they come: what waits
// for a disk, which the thread of the server must not. Safe from several threads.
class SerialThread {
 public:
  SerialThread();
  SerialThread(const SerialThread&) = delete;
  SerialThread& operator=(const SerialThread&) = delete;
  // Waits until all is done.
  ~SerialThread();

  // work must not throw.
  void Add(std::function<void()> work);

 private:
  void Serve();

  std::mutex mutex_;
  std::condition_variable added_;
  std::deque<std::function<void()>> waiting_;
  bool is_ending_ = false;
  std::jthread thread_;
};

}  // namespace deeper::tools
