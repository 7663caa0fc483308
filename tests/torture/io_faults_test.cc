// Failing system calls: never a half-written result, a status that is not 0 with a message that
// names a file, and a rerun that completes.

#include <fmt/format.h>

#include <string_view>

#include "core/file.h"
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

struct Tally {
  std::size_t injected = 0;
  std::size_t beyond = 0;  // the run has fewer such calls
};

// Results stand whole or not at all. A run that passed over pictures has results of the others.
void CheckWholeOrAbsent(const fs::path& output,
                        const std::map<std::string, std::string>& whole,
                        bool passed_over) {
  for (const auto& [name, content] : FilesBelow(output)) {
    CAPTURE(name);
    if (name.find("journal") != std::string::npos) continue;
    CHECK_FALSE(fs::path(name).filename().string().starts_with(".deeper-"));
    REQUIRE(whole.contains(name));
    if (!passed_over) CHECK(content == whole.at(name));
  }
}

// One fault in a run over `output` below `root`, then the same command without it.
template <typename Command>
void Inject(const fs::path& root,
            const Fault& fault,
            const std::string& number,
            const Command& command,
            const std::map<std::string, std::string>& whole,
            Tally& tally) {
  const fs::path output = root / "found";
  CAPTURE(fault.call, fault.effect, number);
  RunSetup setup{.environment =
                     Faults(root, fmt::format("{}:{}:{}", fault.call, fault.effect, number))};
  const Ran ran = RunDeeper(command(output), setup);
  CAPTURE(ran.text);
  CHECK(ran.signal == 0);
  CHECK_FALSE(ran.hung);
  if (ran.status == 0) {
    CHECK(FilesBelow(output) == whole);
    ++(fault.is_harmless ? tally.injected : tally.beyond);
  } else {
    CHECK_FALSE(fault.is_harmless);
    CHECK((ran.status == 1 || ran.status == 3));
    CHECK(ran.text.find(root.string()) != std::string::npos);
    ++tally.injected;
    CheckWholeOrAbsent(output, whole, ran.status == 3);
    const Ran again = RunDeeper(command(output));
    CAPTURE(again.text);
    CHECK(again.status == 0);
    CHECK(FilesBelow(output) == whole);
  }
  fs::remove_all(output);
}

TEST_CASE("proposals: any failing call is a message and a rerun completes") {
  const SmallDetector detector(3, 1);
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

  Tally tally;
  const std::size_t step = Times(9, 1);
  for (const Fault& fault : kFaults) {
    for (std::size_t number = 1; number <= 22; number += step) {
      Inject(root, fault, std::to_string(number), command, whole, tally);
    }
    // From the second such call on, as a full disk is; an interrupted call would never end.
    if (std::string_view(fault.effect) != "EINTR") Inject(root, fault, "2+", command, whole, tally);
  }
  fmt::print(
      "propose: {} faults injected, {} beyond the last call\n", tally.injected, tally.beyond);
  CHECK(tally.injected > 10);
}

TEST_CASE("detection: any failing call is a message and a rerun completes") {
  const SmallDetector detector(2, 1);
  const fs::path root = detector.directory.path();
  const auto command = [&](const fs::path& output) {
    return detector.Detect(output, {"--workers", "1"});
  };
  REQUIRE(RunDeeper(command(root / "clean")).status == 0);
  const std::map<std::string, std::string> whole = FilesBelow(root / "clean");

  Tally tally;
  const std::size_t step = Times(9, 1);
  std::size_t which = 0;
  for (const Fault& fault : kFaults) {
    // In the quick form some kinds, each at a place of its own.
    if (which++ % Times(3, 1) != 0) continue;
    for (std::size_t number = Times(which % 4 + 1, 1); number <= Times(9, 30); number += step) {
      Inject(root, fault, std::to_string(number), command, whole, tally);
    }
  }
  fmt::print("detect: {} faults injected, {} beyond the last call\n", tally.injected, tally.beyond);
  CHECK(tally.injected >= 4);
}

}  // namespace
}  // namespace deeper::test
