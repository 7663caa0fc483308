#include "tests/torture/program.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "tests/support/temporary_directory.h"

namespace deeper::test {
namespace {

namespace fs = std::filesystem;

constexpr useconds_t kNap_us = 1000;

constexpr const char* kSchedulerVariables[] = {
    "SLURM_ARRAY_TASK_ID", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "JOB_COMPLETION_INDEX"};

[[noreturn]] void Become(const std::vector<std::string>& command,
                         const RunSetup& setup,
                         const fs::path& text) {
  for (const char* name : kSchedulerVariables) unsetenv(name);
  for (const auto& [name, value] : setup.environment) setenv(name.c_str(), value.c_str(), 1);
  const int fd = open(text.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(fd, STDOUT_FILENO);
  dup2(fd, STDERR_FILENO);
  close(fd);
  if (!setup.output.empty()) {
    const int output = open(setup.output.c_str(), O_WRONLY);
    if (output < 0) _exit(126);
    dup2(output, STDOUT_FILENO);
    close(output);
  }
  if (!setup.directory.empty() && chdir(setup.directory.c_str()) != 0) _exit(126);
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words[0], words.data());
  _exit(127);
}

Sample SampleOf(pid_t process, double time_s) {
  Sample sample{.time_s = time_s};
  const fs::path directory = "/proc/" + std::to_string(process);
  std::ifstream status(directory / "status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) sample.resident_kb = std::atol(line.c_str() + 6);
  }
  std::error_code gone;
  for (fs::directory_iterator entry(directory / "fd", gone); !gone && entry != fs::end(entry);
       entry.increment(gone)) {
    ++sample.descriptors;
  }
  return sample;
}

// Whether the process has become another program, which has a handler for the signal.
bool Catches(pid_t process, int signal) {
  std::error_code gone;
  const fs::path program = fs::read_symlink("/proc/" + std::to_string(process) + "/exe", gone);
  if (gone || program == fs::read_symlink("/proc/self/exe")) return false;
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  constexpr std::string_view kCaught = "SigCgt:\t";
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(kCaught)) continue;
    const unsigned long long caught = std::stoull(line.substr(kCaught.size()), nullptr, 16);
    return (caught >> static_cast<unsigned>(signal - 1) & 1U) != 0;
  }
  return false;
}

std::string TextOfFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

Ran RunProgram(const std::vector<std::string>& command, const RunSetup& setup) {
  const TemporaryDirectory directory;
  const fs::path text = directory / "text";
  const auto begun = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  };
  std::fflush(nullptr);
  const pid_t process = fork();
  if (process < 0) throw std::runtime_error("cannot fork");
  if (process == 0) Become(command, setup, text);

  Ran ran;
  bool killed = false;
  std::optional<double> ready_s;
  std::optional<double> stopped_s;
  std::optional<double> suspended_s;
  bool is_suspended = false;
  int wait_status = 0;
  while (waitpid(process, &wait_status, WNOHANG) == 0) {
    const bool late = elapsed() > setup.limit_s;
    if (!killed && (late || (setup.kill_after_s && elapsed() > *setup.kill_after_s))) {
      kill(process, SIGKILL);
      killed = true;
      ran.hung = late;
    }
    if ((setup.stop_after_s || setup.suspend_after_s) && !ready_s && Catches(process, SIGTERM))
      ready_s = elapsed();
    if (setup.suspend_after_s && ready_s && !suspended_s &&
        elapsed() > *ready_s + *setup.suspend_after_s) {
      suspended_s = elapsed();
      is_suspended = kill(process, SIGSTOP) == 0;
    }
    if (is_suspended && elapsed() > *suspended_s + setup.suspend_s)
      is_suspended = kill(process, SIGCONT) != 0;
    if (setup.stop_after_s && ready_s && !stopped_s && elapsed() > *ready_s + *setup.stop_after_s) {
      stopped_s = elapsed();
      kill(process, SIGTERM);
    }
    if (setup.watch && (ran.samples.empty() || elapsed() > ran.samples.back().time_s + 0.1)) {
      ran.samples.push_back(SampleOf(process, elapsed()));
    }
    usleep(kNap_us);
  }
  ran.time_s = elapsed();
  if (stopped_s) ran.stopped_in_s = ran.time_s - *stopped_s;
  if (WIFEXITED(wait_status)) ran.status = WEXITSTATUS(wait_status);
  if (WIFSIGNALED(wait_status)) ran.signal = WTERMSIG(wait_status);
  ran.text = TextOfFile(text);
  return ran;
}

std::string ProgramPath() { return DEEPER_PROGRAM; }

Ran RunDeeper(const std::vector<std::string>& words, const RunSetup& setup) {
  std::vector<std::string> command = {ProgramPath()};
  command.insert(command.end(), words.begin(), words.end());
  return RunProgram(command, setup);
}

bool IsInstalled(const std::string& program) {
  std::istringstream directories(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
  for (std::string directory; std::getline(directories, directory, ':');) {
    if (access((fs::path(directory) / program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

std::map<std::string, std::string> Faults(const fs::path& directory, const std::string& fault) {
  return {{"LD_PRELOAD", DEEPER_FAULTS},
          {"DEEPER_FAULT_DIR", directory.string()},
          {"DEEPER_FAULT", fault}};
}

std::size_t Times(std::size_t quick, std::size_t full) {
  return std::getenv("DEEPER_TORTURE") == nullptr ? quick : full;
}

}  // namespace deeper::test
