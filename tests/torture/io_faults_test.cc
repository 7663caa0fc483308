// Failing system calls: no half-written result, a status that is not 0 with a message that names a
// file, and a rerun that completes.

#include <fmt/format.h>

#include <string_view>

#include "core/files/file.h"
#include "tests/support/catch.h"
#include "tests/torture/program.h"
#include "tests/torture/small_detector.h"

namespace deeper::test {
namespace {

namespace fs = std::filesystem;

struct Fault {
  const char* call;
  const char* effect;
  bool is_harmless = false;  // a short write or read, an interrupted call: to be carried on from
};

constexpr Fault kFaults[] = {{"write", "ENOSPC"},
                             {"write", "EIO"},
                             {"write", "EDQUOT"},
                             {"write", "short", true},
                             {"write", "EINTR", true},
                             {"sync", "EIO"},
                             {"sync", "ENOSPC"},
                             {"rename", "EIO"},
                             {"rename", "ENOSPC"},
                             {"unlink", "EIO"},
                             {"open", "EMFILE"},
                             {"open", "EIO"},
                             {"read", "EIO"},
                             {"read", "EINTR", true},
                             {"read", "short", true}};

// Which calls fail: the `first` of its kind, or all from it on, like on a full disk.
struct Calls {
  std::size_t first = 1;
  bool goes_on = false;
};

// Results are there whole or not at all. A run that skipped pictures has results of the others.
// Temporary files may stay if nothing can be removed.
void CheckWholeOrAbsent(const fs::path& output,
                        const std::map<std::string, std::string>& whole,
                        bool passed_over,
                        bool may_leave_temporaries) {
  for (const auto& [name, content] : FilesBelow(output)) {
    CAPTURE(name);
    if (name.find("journal") != std::string::npos) continue;
    if (fs::path(name).filename().string().starts_with(".deeper-")) {
      CHECK(may_leave_temporaries);
      continue;
    }
    REQUIRE(whole.contains(name));
    if (!passed_over) CHECK(content == whole.at(name));
  }
}

// One fault in a run over `output` below `root`, then the same command without it. Returns whether
// the run reached that call.
template <typename Command>
bool Inject(const fs::path& root,
            const Fault& fault,
            const Calls& calls,
            const Command& command,
            const std::map<std::string, std::string>& whole) {
  const fs::path output = root / "found";
  const fs::path counts = root / "counts";
  CAPTURE(fault.call, fault.effect, calls.first, calls.goes_on);
  RunSetup setup{
      .environment = Faults(
          root,
          fmt::format(
              "{}:{}:{}{}", fault.call, fault.effect, calls.first, calls.goes_on ? "+" : ""))};
  setup.environment["DEEPER_FAULT_COUNTS"] = counts.string();
  const Ran ran = RunDeeper(command(output), setup);
  CAPTURE(ran.text);
  CHECK(ran.signal == 0);
  CHECK_FALSE(ran.hung);
  const bool is_hit = std::stoul(ReadTextFile(counts)) >= calls.first;
  if (ran.status == 0) {
    CHECK(FilesBelow(output) == whole);
  } else {
    CHECK_FALSE(fault.is_harmless);
    CHECK((ran.status == 1 || ran.status == 3));
    CHECK(ran.text.find(root.string()) != std::string::npos);
    const bool nothing_is_removed = calls.goes_on && std::string_view(fault.call) == "unlink";
    CheckWholeOrAbsent(output, whole, ran.status == 3, nothing_is_removed);
    const Ran again = RunDeeper(command(output));
    CAPTURE(again.text);
    CHECK(again.status == 0);
    CHECK(FilesBelow(output) == whole);
  }
  fs::remove_all(output);
  fs::remove(counts);
  return is_hit;
}

// Each `step`-th call of the fault's kind from `first` to `last` fails, as far as the run has so
// many: once alone, and once with all after it. A call that is interrupted again and again would
// never end. Returns the number of faults.
template <typename Command>
std::size_t InjectEach(const fs::path& root,
                       const Fault& fault,
                       std::size_t first,
                       std::size_t last,
                       std::size_t step,
                       const Command& command,
                       const std::map<std::string, std::string>& whole) {
  std::size_t injected = 0;
  for (std::size_t call = first; call <= last; call += step) {
    if (!Inject(root, fault, {call, false}, command, whole)) break;
    ++injected;
    if (std::string_view(fault.effect) == "EINTR") continue;
    Inject(root, fault, {call, true}, command, whole);
    ++injected;
  }
  return injected;
}

TEST_CASE("proposals: any failing call is a message and a rerun completes") {
  const SmallDetector detector(Times(3, 6), 1);
  const fs::path root = detector.directory.path();
  const auto command = [&](const fs::path& output) {
    return std::vector<std::string>{"propose",
                                    detector.pictures.string(),
                                    "--workers",
                                    "1",
                                    "--output",
                                    (output / "boxes.jsonl").string()};
  };
  REQUIRE(RunDeeper(command(root / "clean")).status == 0);
  const std::map<std::string, std::string> whole = FilesBelow(root / "clean");

  std::size_t injected = 0;
  for (const Fault& fault : kFaults) {
    injected += InjectEach(root, fault, 1, Times(19, 1000), Times(9, 1), command, whole);
  }
  fmt::print("propose: {} faults injected\n", injected);
  CHECK(injected > 10);
}

TEST_CASE("detection: any failing call is a message and a rerun completes") {
  const SmallDetector detector(Times(2, 4), 1);
  const fs::path root = detector.directory.path();
  const auto command = [&](const fs::path& output) {
    return detector.Detect(output, {"--workers", "1"});
  };
  REQUIRE(RunDeeper(command(root / "clean")).status == 0);
  const std::map<std::string, std::string> whole = FilesBelow(root / "clean");

  std::size_t injected = 0;
  std::size_t which = 0;
  for (const Fault& fault : kFaults) {
    // In the quick form, some kinds, each at a different place.
    if (which++ % Times(3, 1) != 0) continue;
    injected += InjectEach(
        root, fault, Times(which % 4 + 1, 1), Times(9, 1000), Times(9, 1), command, whole);
  }
  fmt::print("detect: {} faults injected\n", injected);
  CHECK(injected >= 4);
}

}  // namespace
}  // namespace deeper::test
