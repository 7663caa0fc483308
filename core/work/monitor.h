#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace deeper {

// What work that takes minutes or hours tells its caller, and how it is asked to stop. Each field
// may be left as it is: nothing is told then, and nothing stops. `stop_asked` may be called from
// any thread, the others are called by one thread at a time.
struct Monitor {
  // A stage begins: what ("extracting features") of how many in all ("pictures"), of which an
  // earlier run did so many. One stage at a time.
  std::function<void(
      const std::string& what, const std::string& unit, std::size_t total, std::size_t done)>
      begin = [](const std::string&, const std::string&, std::size_t, std::size_t) {};
  std::function<void(std::size_t count)> advance = [](std::size_t) {};  // so many more are done
  std::function<void()> end = [] {};

  // A line for people, in a stage or outside.
  std::function<void(const std::string& line)> say = [](const std::string&) {};

  // Whether the work is to stop soon, in a state from which it can go on.
  std::function<bool()> stop_asked = [] { return false; };
};

// A stage of the work, from when it is made to when it is destroyed. Not for several threads.
class Stage {
 public:
  // `monitor` must outlive this. `done` of `total` were done by an earlier run.
  Stage(const Monitor& monitor,
        const std::string& what,
        const std::string& unit,
        std::size_t total,
        std::size_t done = 0)
      : monitor_(&monitor), done_(done) {
    monitor.begin(what, unit, total, done);
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  ~Stage() { monitor_->end(); }

  void Advance(std::size_t count = 1) {
    done_ += count;
    monitor_->advance(count);
  }
  // To so many of them done, by this run and earlier ones; not fewer than before.
  void AdvanceTo(std::size_t done) { Advance(done - done_); }

 private:
  const Monitor* monitor_;
  std::size_t done_;
};

// Calls work(i) for i = 0 .. count - 1 on `workers` threads, as a stage of `monitor` of which
// `total` - `count` were done by an earlier run. An Error out of it, as of a picture that cannot be
// read, is said ("skipped: ...") and passed over; a WriteError ends the whole. Ends early when
// asked to stop. Returns how many were skipped.
std::size_t ForEachOrSkip(const Monitor& monitor,
                          const std::string& what,
                          const std::string& unit,
                          std::size_t count,
                          std::size_t total,
                          int workers,
                          const std::function<void(std::size_t i)>& work);

}  // namespace deeper
