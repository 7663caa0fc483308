#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <string>

namespace deeper {

// How work of minutes or hours reports to its caller, and how it is asked to stop. The default of
// each field reports nothing and never stops. `stop_asked` may be called from any thread; the
// others are called by one thread at a time.
struct Monitor {
  // A stage begins: what it does ("extracting features"), the unit that it counts ("pictures"),
  // their total, and how many of them an earlier run did. One stage at a time.
  std::function<void(
      const std::string& what, const std::string& unit, std::size_t total, std::size_t done)>
      begin = [](const std::string&, const std::string&, std::size_t, std::size_t) {};
  std::function<void(std::size_t count)> advance = [](std::size_t) {};  // so many more are done
  std::function<void()> end = [] {};

  // A line for people, inside or outside a stage.
  std::function<void(const std::string& line)> say = [](const std::string&) {};

  // Whether the work is to stop soon, in a state from which it can continue.
  std::function<bool()> stop_asked = [] { return false; };
};

// Leaves work in its midst, because it was asked to stop. Who can say from where the work goes on
// catches it.
class WorkStopped : public std::exception {
 public:
  const char* what() const noexcept override { return "the work was asked to stop"; }
};

// Throws WorkStopped when the work is asked to stop. To be called every second or so where nothing
// else looks at `monitor`. Any thread.
inline void ThrowIfStopped(const Monitor& monitor) {
  if (monitor.stop_asked()) throw WorkStopped();
}

// A stage of the work; it lasts as long as this object. Not for several threads.
class Stage {
 public:
  // `monitor` must outlive this. An earlier run did `done` of `total`.
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
  // Advances until so many are done, by this run and earlier ones. Expects no fewer than before.
  void AdvanceTo(std::size_t done) { Advance(done - done_); }

 private:
  const Monitor* monitor_;
  std::size_t done_;
};

// Calls work(i) for i = 0 .. count - 1 on `workers` threads, as a stage of `monitor`. An earlier
// run did `total` - `count` of that stage. Returns how many were skipped: an Error, such as a
// picture that cannot be read, is reported ("skipped: ...") and its item skipped. A WriteError ends
// everything. Ends early when asked to stop.
std::size_t ForEachOrSkip(const Monitor& monitor,
                          const std::string& what,
                          const std::string& unit,
                          std::size_t count,
                          std::size_t total,
                          int workers,
                          const std::function<void(std::size_t i)>& work);

}  // namespace deeper
