#include "core/work/monitor.h"

#include <atomic>
#include <string>
#include <vector>

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

// What a monitor was told, in order.
struct Told {
  std::vector<std::string> lines;
  std::size_t advanced = 0;

  Monitor Listen() {
    return {.begin =
                [this](const std::string& what,
                       const std::string& unit,
                       std::size_t total,
                       std::size_t done) {
                  lines.push_back(what + " " + std::to_string(done) + " of " +
                                  std::to_string(total) + " " + unit);
                },
            .advance = [this](std::size_t count) { advanced += count; },
            .end = [this] { lines.emplace_back("end"); },
            .say = [this](const std::string& line) { lines.push_back(line); }};
  }
};

TEST_CASE("a monitor that nobody fills in is told all the same, and never stops") {
  const Monitor silent;
  {
    Stage stage(silent, "reading", "pictures", 3);
    stage.Advance();
    silent.say("a line");
  }
  CHECK_FALSE(silent.stop_asked());
}

TEST_CASE("a stage begins with what an earlier run did, advances and ends") {
  Told told;
  const Monitor monitor = told.Listen();
  {
    Stage stage(monitor, "reading", "pictures", 10, 4);
    stage.Advance();
    stage.AdvanceTo(9);
  }
  CHECK(told.lines == std::vector<std::string>{"reading 4 of 10 pictures", "end"});
  CHECK(told.advanced == 5);
}

TEST_CASE("what fails for the world's sake is said, counted and passed over") {
  Told told;
  std::atomic<int> done = 0;
  const std::size_t skipped =
      ForEachOrSkip(told.Listen(), "reading", "pictures", 4, 6, 2, [&](std::size_t i) {
        if (i == 2) throw Error("b.jpg: is no picture");
        ++done;
      });
  CHECK(skipped == 1);
  CHECK(done == 3);
  CHECK(told.advanced == 4);
  CHECK(told.lines == std::vector<std::string>{
                          "reading 2 of 6 pictures", "skipped: b.jpg: is no picture", "end"});
}

TEST_CASE("a result that cannot be written, and a fault of ours, end the whole") {
  const Monitor silent;
  const auto run = [&](const auto& fail) {
    ForEachOrSkip(silent, "writing", "files", 3, 3, 1, [&](std::size_t) { fail(); });
  };
  CHECK_THROWS_AS(run([] { throw WriteError("disk full"); }), WriteError);
  CHECK_THROWS_AS(run([] { Expects(false, "never"); }), ContractViolation);
}

TEST_CASE("asked to stop, work that was not begun is not done and not counted as skipped") {
  Monitor monitor;
  std::atomic<int> done = 0;
  monitor.stop_asked = [&] { return done > 0; };
  const std::size_t skipped =
      ForEachOrSkip(monitor, "reading", "pictures", 100, 100, 1, [&](std::size_t) { ++done; });
  CHECK(skipped == 0);
  CHECK(done < 5);
}

}  // namespace
}  // namespace deeper
