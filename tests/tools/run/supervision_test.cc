#include "tools/run/supervision.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "core/work/work_under_way.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"
#include "tools/run/journal.h"

namespace deeper::tools {
namespace {

using std::chrono::milliseconds;
using std::this_thread::sleep_for;

constexpr int kFinished = 40;
constexpr int kBegunAnew = 41;
constexpr const char* kMark = "DEEPER_TEST_BEGUN_ANEW";

// A process that begins anew has this program's own command line; it ends before main().
const bool kIsFirst = [] {
  if (std::getenv(kMark) != nullptr) _exit(kBegunAnew);
  return true;
}();

const std::vector<Picture> kPictures = {{.path = "/x/a.jpg", .id = "a"},
                                        {.path = "/x/b.jpg", .id = "b"}};

RunRecord Run() { return RecordOf("detect", "options", kPictures, {}, ""); }

struct Supervised {
  test::TemporaryDirectory directory;
  std::filesystem::path journal = directory / "journal.jsonl";

  // Runs work(watched) as the second picture in a process of its own.
  template <typename Work>
  pid_t Start(double limit_s, const Work& work) const {
    const pid_t process = fork();
    if (process != 0) return process;
    setenv(kMark, "1", 1);
    Journal kept(journal, Run());
    Supervision supervision(kept, limit_s);
    supervision.Watch(1, "b.jpg", [&](Supervision::Watched& watched) {
      watched.SetContent("0123");
      work();
      return 0;
    });
    _exit(kFinished);
  }
  static int StatusOf(pid_t process) {
    int status = 0;
    REQUIRE(waitpid(process, &status, 0) == process);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  JournalEntries Entries() const { return ReadJournal(journal).entries; }
};

JournalEntries Lost(const std::string& reason) {
  return {{1, {.kind = JournalEntry::Kind::kLost, .text = "b.jpg: " + reason, .content = "0123"}}};
}

TEST_CASE("time in which the whole process stands still is no time of its pictures") {
  REQUIRE(kIsFirst);
  const Supervised supervised;
  const pid_t process = supervised.Start(1, [] {
    raise(SIGSTOP);
    sleep_for(milliseconds(500));
  });
  int status = 0;
  REQUIRE(waitpid(process, &status, WUNTRACED) == process);
  REQUIRE(WIFSTOPPED(status));
  sleep_for(milliseconds(2500));
  kill(process, SIGCONT);
  CHECK(Supervised::StatusOf(process) == kFinished);
  CHECK(supervised.Entries().empty());
}

TEST_CASE("a picture that waits for ever without using a processor is late") {
  const Supervised supervised;
  CHECK(Supervised::StatusOf(supervised.Start(0.4, [] {
          for (;;) pause();
        })) == kBegunAnew);
  CHECK(supervised.Entries() == Lost("it took longer than 0.4 s (--picture-time-limit)"));
}

// Fewer levels than this are no end of any stack.
int UseUpTheStack(int level) {
  constexpr int kLevels = 10'000'000;
  std::array<volatile char, 4096> page{};
  page[0] = static_cast<char>(level);
  if (level == kLevels) return 0;
  return UseUpTheStack(level + 1) + page[0];
}

TEST_CASE("a crash is the picture's whose thread crashed, and of the one that a thread helps") {
  const bool on_a_helper = GENERATE(false, true);
  const bool for_want_of_stack = GENERATE(false, true);
  CAPTURE(on_a_helper, for_want_of_stack);
  const Supervised supervised;
  const auto crash = [&] {
    if (for_want_of_stack) UseUpTheStack(0);
    raise(SIGSEGV);
  };
  CHECK(Supervised::StatusOf(supervised.Start(0, [&] {
          if (!on_a_helper) crash();
          std::thread([&, whose = WorkUnderWay::OfThisThread()] {
            const WorkUnderWay under_way(whose);
            crash();
          }).join();
        })) == kBegunAnew);
  CHECK(supervised.Entries() == Lost("it crashed the program"));
}

TEST_CASE("a crash of a thread that helps nobody marks no picture and ends the process") {
  const Supervised supervised;
  CHECK(Supervised::StatusOf(
            supervised.Start(0, [] { std::thread([] { raise(SIGSEGV); }).join(); })) == -SIGSEGV);
  CHECK(supervised.Entries().empty());
}

}  // namespace
}  // namespace deeper::tools
