#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/work/work_under_way.h"
#include "tools/run/journal.h"

namespace deeper::tools {

// Keeps one picture from ending the work on the others. It marks a picture under way as lost in the
// journal when it crashes the process (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) or takes longer
// than the limit. The process then begins anew with its own command line, and goes on from the
// journal without that picture. A picture does so once at most, so the work ends.
//
// Time is counted by a thread that looks at the pictures again and again and adds what has passed
// since its last look, but no more than it means to wait. So time in which the whole process stood
// still (SIGSTOP, Ctrl-Z, a suspended machine, container or job) does not count, and time in which
// a picture waits without using a processor does.
//
// A crash on a thread that helps with a picture (core/work/work_under_way.h) is the picture's.
//
// Nothing can mark the picture under way when the process is killed (SIGKILL). One object at a time
// in a process.
class Supervision {
 public:
  // picture_time_limit_s: seconds in which the process runs; 0 for none.
  Supervision(Journal& journal, double picture_time_limit_s);
  Supervision(const Supervision&) = delete;
  Supervision& operator=(const Supervision&) = delete;
  ~Supervision();

  // A picture under way, with all that a signal handler needs of it.
  class Watched {
   public:
    Watched(Supervision& supervision, std::size_t picture, std::string name);
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    ~Watched();

    // The content of the picture's file, for its entry in the journal.
    void SetContent(const std::string& content);

   private:
    friend class Supervision;
    JournalEntry Entry(const std::string& reason) const;

    Supervision& supervision_;
    std::size_t picture_;
    std::string name_;
    std::string content_;
    std::string crash_line_;
    std::string crash_message_;
    std::string late_line_;
    std::string late_message_;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    std::chrono::duration<double> taken_{0};  // of the time that counts
    std::optional<WorkUnderWay> under_way_;
  };

  // Returns work(watched), watched as the picture at this position; `name` is for people. An
  // exception that is neither an Error nor for want of memory is a fault of ours: it marks the
  // picture and goes on. Safe from several threads.
  template <typename Work>
  auto Watch(std::size_t picture, const std::string& name, const Work& work) {
    Watched watched(*this, picture, name);
    try {
      return work(watched);
    } catch (const Error&) {
      throw;
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      MarkLost(watched, error);
      throw;
    }
  }

 private:
  static void OnCrash(int signal);
  void MarkLost(const Watched& watched, const std::exception& error);
  // Marks the picture and begins anew. Returns only where the mark cannot be written.
  void BeginAnew(const std::string& line, const std::string& message) noexcept;
  void LookForLate(const std::stop_token& stop);

  Journal& journal_;
  std::chrono::duration<double> limit_;
  std::vector<std::string> command_;
  std::vector<std::string> environment_;
  // Into these, ended by a null pointer, for execve.
  std::vector<char*> command_pointers_;
  std::vector<char*> environment_pointers_;
  std::mutex mutex_;  // of watched_
  std::condition_variable_any wake_;
  std::set<Watched*> watched_;
  std::jthread watchdog_;
};

// Whether this process is one that began anew: what its command asks to be dropped at its beginning
// is dropped already.
bool IsBegunAnew();

}  // namespace deeper::tools
