#include "tools/run/supervision.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stop_token>
#include <utility>

#include "tools/options/exit_status.h"
#include "tools/run/stop_signal.h"

namespace deeper::tools {

namespace {

constexpr std::array kCrashes = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

std::array<struct sigaction, kCrashes.size()> earlier_actions;

// Set for a process that began anew.
constexpr const char* kBegunAnew = "DEEPER_BEGUN_ANEW";

// The first that begins anew wins; other threads wait for the end that exec brings them.
std::atomic_flag beginning_anew = ATOMIC_FLAG_INIT;

// The words that this process was started with.
std::vector<std::string> CommandOfProcess() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < text.size();) {
    words.emplace_back(text.c_str() + begin);
    begin += words.back().size() + 1;
  }
  return words;
}

std::vector<std::string> EnvironmentOfProcess() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
  }
  std::erase_if(variables, [](const std::string& variable) {
    return variable.starts_with(fmt::format("{}=", kBegunAnew));
  });
  return variables;
}

std::vector<char*> PointersTo(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Supervision::Watched::Watched(Supervision& supervision, std::size_t picture, std::string name)
    : supervision_(supervision), picture_(picture), name_(std::move(name)) {
  SetContent({});
  under_way_.emplace(this);
  const std::lock_guard lock(supervision_.mutex_);
  supervision_.watched_.insert(this);
}

Supervision::Watched::~Watched() {
  const std::lock_guard lock(supervision_.mutex_);
  supervision_.watched_.erase(this);
}

JournalEntry Supervision::Watched::Entry(const std::string& reason) const {
  return {.kind = JournalEntry::Kind::kLost, .text = name_ + ": " + reason, .content = content_};
}

void Supervision::Watched::SetContent(const std::string& content) {
  const std::lock_guard lock(supervision_.mutex_);
  content_ = content;
  const auto line = [&](const std::string& reason) {
    return Journal::LineOf(picture_, Entry(reason));
  };
  const auto message = [&](const std::string& reason) {
    return fmt::format("\ndeeper: {}: {}; beginning anew without it\n", name_, reason);
  };
  const std::string crashed = "it crashed the program";
  const std::string late =
      fmt::format("it took longer than {} s (--picture-time-limit)", supervision_.limit_.count());
  crash_line_ = line(crashed);
  crash_message_ = message(crashed);
  late_line_ = line(late);
  late_message_ = message(late);
}

Supervision::Supervision(Journal& journal, double picture_time_limit_s)
    : journal_(journal),
      limit_(picture_time_limit_s),
      command_(CommandOfProcess()),
      environment_(EnvironmentOfProcess()) {
  environment_.push_back(fmt::format("{}=1", kBegunAnew));
  command_pointers_ = PointersTo(command_);
  environment_pointers_ = PointersTo(environment_);
  struct sigaction action {};
  action.sa_handler = OnCrash;
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  for (std::size_t i = 0; i < kCrashes.size(); ++i) {
    sigaction(kCrashes[i], &action, &earlier_actions[i]);
  }
  if (picture_time_limit_s > 0) {
    watchdog_ = std::jthread([this](const std::stop_token& stop) { LookForLate(stop); });
  }
}

Supervision::~Supervision() {
  for (std::size_t i = 0; i < kCrashes.size(); ++i) {
    sigaction(kCrashes[i], &earlier_actions[i], nullptr);
  }
}

void Supervision::OnCrash(int signal) {
  if (const auto* picture = static_cast<const Watched*>(WorkUnderWay::OfThisThread())) {
    picture->supervision_.BeginAnew(picture->crash_line_, picture->crash_message_);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void Supervision::MarkLost(const Watched& watched, const std::exception& error) {
  journal_.Append(watched.picture_, watched.Entry(error.what()));
}

void Supervision::BeginAnew(const std::string& line, const std::string& message) noexcept {
  if (beginning_anew.test_and_set()) {
    for (;;) pause();
  }
  if (!journal_.AppendFromSignalHandler(line)) return;
  [[maybe_unused]] const ssize_t said = write(STDERR_FILENO, message.data(), message.size());
  if (StopAsked()) _exit(StopStatus());
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  execve("/proc/self/exe", command_pointers_.data(), environment_pointers_.data());
}

void Supervision::LookForLate(const std::stop_token& stop) {
  constexpr std::chrono::duration<double> kLongestNap{1};
  const auto nap = std::min(limit_ / 4, kLongestNap);
  std::unique_lock lock(mutex_);
  auto last_look = std::chrono::steady_clock::now();
  while (!wake_.wait_for(lock, stop, nap, [&] { return stop.stop_requested(); })) {
    const auto now = std::chrono::steady_clock::now();
    for (Watched* picture : watched_) {
      picture->taken_ +=
          std::min<std::chrono::duration<double>>(now - std::max(last_look, picture->begun_), nap);
      if (picture->taken_ <= limit_) continue;
      BeginAnew(picture->late_line_, picture->late_message_);
      _exit(kFailed);  // the disk did not take the mark
    }
    last_look = now;
  }
}

bool IsBegunAnew() {
  return std::getenv(kBegunAnew) != nullptr;  // NOLINT(concurrency-mt-unsafe): nobody sets it
}

}  // namespace deeper::tools
