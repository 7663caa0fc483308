#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "tools/run/journal.h"

namespace deeper::tools {

// Keeps one picture from ending the work on the others. It marks a picture under way as lost in the
// journal when it crashes the process (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) or takes longer
// than the limit. The process then begins anew with its own command line, and goes on from the
// journal without that picture. A picture does so once at most, so the work ends.
//
// Nothing can mark the picture under way when the process is killed (SIGKILL). One object at a time
// in a process.
class Supervision {
 public:
  // picture_time_limit_s: seconds on the clock; 0 for none.
  Supervision(Journal& journal, double picture_time_limit_s);
  Supervision(const Supervision&) = delete;
  Supervision& operator=(const Supervision&) = delete;
  ~Supervision();

  // Returns work(), watched as the picture at this position; `name` is for people. An exception
  // that is neither an Error nor for want of memory is a fault of ours: it marks the picture and
  // goes on. Safe from several threads.
  template <typename Work>
  auto Watch(std::size_t picture, const std::string& name, const Work& work) {
    const Watched watched(*this, picture, name);
    try {
      return work();
    } catch (const Error&) {
      throw;
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      MarkLost(picture, name, error);
      throw;
    }
  }

 private:
  // A picture under way, with all that a signal handler needs of it.
  struct Watched {
    Watched(Supervision& supervision, std::size_t picture, const std::string& name);
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    ~Watched();

    Supervision& supervision;
    std::string crash_line;
    std::string crash_message;
    std::string late_line;
    std::string late_message;
    std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
  };

  static void OnCrash(int signal);
  void MarkLost(std::size_t picture, const std::string& name, const std::exception& error);
  // Marks the picture and begins anew. Returns only where the mark cannot be written.
  void BeginAnew(const std::string& line, const std::string& message) noexcept;
  void LookForLate(const std::stop_token& stop);

  static thread_local const Watched* under_way;

  Journal& journal_;
  std::chrono::duration<double> limit_;
  std::vector<std::string> command_;
  std::vector<char*> command_pointers_;  // into command_, ended by a null pointer, for execve
  std::mutex mutex_;                     // of watched_
  std::condition_variable_any wake_;
  std::set<const Watched*> watched_;
  std::jthread watchdog_;
};

}  // namespace deeper::tools
