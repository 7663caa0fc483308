#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace deeper::test {

// How a program is run, and what happens to it during the run.
struct RunSetup {
  std::map<std::string, std::string> environment = {};  // besides the test's own
  std::optional<double> kill_after_s = std::nullopt;    // SIGKILL then, if it still runs
  std::optional<double> stop_after_s = std::nullopt;    // SIGTERM so long after it can take one
  // SIGSTOP so long after it can take a SIGTERM, and SIGCONT after as long as `suspend_s`.
  std::optional<double> suspend_after_s = std::nullopt;
  double suspend_s = 0;
  std::string output = {};     // where stdout goes instead of `text`
  std::string directory = {};  // where it runs; "": where the test does
  double limit_s = 300;        // SIGKILL then, and `hung`
  bool watch = false;          // take samples of memory and descriptors
};

// The resources that a running process has.
struct Sample {
  double time_s = 0;
  long resident_kb = 0;
  long descriptors = 0;
};

struct Ran {
  int status = -1;    // exit status; -1 where a signal ended it
  int signal = 0;     // that signal
  bool hung = false;  // the limit ended it
  double time_s = 0;
  std::optional<double> stopped_in_s = std::nullopt;  // from SIGTERM to the end
  std::string text;                                   // stdout and stderr
  std::vector<Sample> samples = {};
};

// The file of the program `deeper`.
std::string ProgramPath();
// Runs the program `deeper` with these words, without the variables of schedulers.
Ran RunDeeper(const std::vector<std::string>& words, const RunSetup& setup = {});
// Runs any program; found in $PATH if the name has no slash.
Ran RunProgram(const std::vector<std::string>& command, const RunSetup& setup = {});

// Whether $PATH has it.
bool IsInstalled(const std::string& program);

// Environment that loads tests/torture/faults.cc into a program; files below `directory` count.
std::map<std::string, std::string> Faults(const std::filesystem::path& directory,
                                          const std::string& fault);

// How often: `quick` in 'make test', `full` in 'make torture' ($DEEPER_TORTURE set).
std::size_t Times(std::size_t quick, std::size_t full);

}  // namespace deeper::test
