#pragma once

namespace deeper {

// What a thread works on, for a signal handler that must know whose work crashed. Who begins a
// piece of work makes one of these, and it counts as long as it lives. A loop that runs a part of
// the work on other threads takes OfThisThread() before, and makes one of it in each part.
class WorkUnderWay {
 public:
  // `work` identifies it to who asks; null is none. The thread gets a stack for signal handlers: a
  // crash for want of stack needs another one.
  explicit WorkUnderWay(const void* work);
  WorkUnderWay(const WorkUnderWay&) = delete;
  WorkUnderWay& operator=(const WorkUnderWay&) = delete;
  ~WorkUnderWay() { current_ = earlier_; }

  // The work of the calling thread; null for none. Safe in a signal handler.
  static const void* OfThisThread() { return current_; }

 private:
  inline static thread_local const void* current_ = nullptr;
  const void* earlier_;
};

}  // namespace deeper
