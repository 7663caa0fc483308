// SIGKILL at every call that changes a file, and at random moments. The same command then gives the
// bytes of an undisturbed run.

#include <fmt/format.h>

#include <csignal>

#include "core/files/file.h"
#include "core/random.h"
#include "tests/support/catch.h"
#include "tests/torture/program.h"
#include "tests/torture/small_detector.h"
#include "tools/run/journal.h"

namespace deeper::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSummary = "killed {} times at {}, {} runs went on to the same bytes\n";

// Result files must not be incomplete: they are absent, or those of the undisturbed run. Their
// journal and the temporary files of the dead process may be there.
void CheckNothingHalfWritten(const fs::path& output,
                             const std::map<std::string, std::string>& whole) {
  for (const auto& [name, content] : FilesBelow(output)) {
    CAPTURE(name);
    if (name.ends_with("journal.jsonl") ||
        fs::path(name).filename().string().starts_with(".deeper-"))
      continue;
    REQUIRE(whole.contains(name));
    CHECK(content == whole.at(name));
  }
}

std::size_t CountDrawings(const fs::path& output) {
  std::size_t drawings = 0;
  for (const auto& [name, content] : FilesBelow(output / "drawings")) {
    if (name.ends_with(".jpg")) ++drawings;
  }
  return drawings;
}

long CountChanges(const std::vector<std::string>& command,
                  const SmallDetector& detector,
                  const fs::path& below) {
  RunSetup setup{.environment = Faults(below, "change:none:0")};
  const fs::path counts = detector / "counts";
  setup.environment["DEEPER_FAULT_COUNTS"] = counts.string();
  REQUIRE(RunDeeper(command, setup).status == 0);
  return std::stol(ReadTextFile(counts));
}

// Kills `command(output)` before and within every `step`-th call, and repeats it undisturbed.
template <typename Command>
void KillAtCalls(const SmallDetector& detector, const Command& command, long step) {
  const fs::path clean = detector / "clean";
  const long calls = CountChanges(command(clean), detector, clean);
  REQUIRE(calls > 10);
  const std::map<std::string, std::string> whole = FilesBelow(clean);
  long kills = 0;
  for (const char* effect : {"kill", "torn"}) {
    for (long call = 1; call <= calls; call += step) {
      CAPTURE(effect, call);
      const fs::path output = detector / fmt::format("{}{}", effect, call);
      const Ran killed =
          RunDeeper(command(output),
                    {.environment = Faults(output, fmt::format("change:{}:{}", effect, call))});
      REQUIRE(killed.signal == SIGKILL);
      ++kills;
      CheckNothingHalfWritten(output, whole);
      const Ran again = RunDeeper(command(output));
      CAPTURE(again.text);
      CHECK(again.status == 0);
      CHECK(FilesBelow(output) == whole);
      fs::remove_all(output);
    }
  }
  fmt::print(kSummary, kills, fmt::format("{} calls, step {}", calls, step), kills);
}

TEST_CASE(
    "detection killed before or within a call that changes a file goes on to the same bytes") {
  const SmallDetector detector(3, 1);
  KillAtCalls(
      detector,
      [&](const fs::path& output) {
        return detector.Detect(output, {"--workers", "1", "--format", "jsonl,voc"});
      },
      static_cast<long>(Times(31, 1)));
}

TEST_CASE("proposals killed before or within a call that changes a file go on to the same bytes") {
  const SmallDetector detector(3, 1);
  KillAtCalls(
      detector,
      [&](const fs::path& output) {
        return std::vector<std::string>{"propose",
                                        detector.pictures.string(),
                                        "--workers",
                                        "1",
                                        "--output",
                                        (output / "boxes.jsonl").string()};
      },
      static_cast<long>(Times(3, 1)));
}

TEST_CASE("killed at random moments again and again, a run ends with the same bytes") {
  const SmallDetector detector(16, 2);
  const std::vector<std::string> options = {"--workers", "2"};
  const Ran undisturbed = RunDeeper(detector.Detect(detector / "clean", options));
  REQUIRE(undisturbed.status == 0);
  const std::map<std::string, std::string> whole = FilesBelow(detector / "clean");

  const std::size_t wanted = Times(4, 300);
  std::size_t kills = 0;
  std::size_t ends = 0;
  Random random(11);
  while (kills < wanted) {
    const fs::path output = detector / fmt::format("found{}", ends);
    for (;;) {
      const Ran ran = RunDeeper(detector.Detect(output, options),
                                {.kill_after_s = random.Uniform() * 1.1 * undisturbed.time_s});
      CheckNothingHalfWritten(output, whole);
      if (ran.signal == 0) {
        CAPTURE(ran.text);
        CHECK(ran.status == 0);
        break;
      }
      ++kills;
      const fs::path journal = output / "journal.jsonl";
      if (!fs::exists(journal)) {
        // Killed before its journal was begun, or after everything was done and the journal
        // removed.
        if (fs::exists(output / "detections.jsonl")) break;
        continue;
      }
      // A drawing is written just before its picture's line. So there are no more drawings than
      // pictures done or under way.
      const std::string lines = ReadTextFile(journal);
      const std::size_t done = lines.find('\n') == std::string::npos
                                   ? 0
                                   : tools::ParseJournal(lines, "j").entries.size();
      CHECK(CountDrawings(output) <= done + 2);
    }
    CHECK(FilesBelow(output) == whole);
    ++ends;
    fs::remove_all(output);
  }
  fmt::print(kSummary, kills, "random moments", ends);
}

}  // namespace
}  // namespace deeper::test
