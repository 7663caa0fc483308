#include "tools/serve/worker_process.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/remedy.h"
#include "core/text/parse.h"
#include "tools/options/option_errors.h"
#include "tools/options/remedy_words.h"
#include "tools/serve/message_socket.h"

namespace deeper::tools {

namespace {

// In which a worker must have made its work.
constexpr double kReadyLimitSeconds = 600;

std::string ReasonOfSystem() { return std::generic_category().message(errno); }

// What a job and its outcome are between processes.
Message MessageOf(const PictureJob& job) {
  Message message = {job.id,
                     job.file,
                     std::to_string(job.story_of),
                     job.asks_model ? "model" : "picture",
                     job.file_name};
  for (const auto& [name, value] : job.options) {
    message.push_back(name);
    message.push_back(value);
  }
  return message;
}

PictureJob JobOf(Message message) {
  PictureJob job{.id = std::move(message.at(0)), .file = std::move(message.at(1))};
  job.story_of = static_cast<std::size_t>(ParseInt(message.at(2)).value_or(0));
  job.asks_model = message.at(3) == "model";
  job.file_name = std::move(message.at(4));
  for (std::size_t i = 5; i + 1 < message.size(); i += 2) {
    job.options.emplace(message[i], message[i + 1]);
  }
  return job;
}

Message MessageOf(const PictureOutcome& outcome) {
  const StageTimes& times = outcome.times;
  Message message = {std::to_string(outcome.status), outcome.json, outcome.error};
  for (const double seconds :
       {times.decode_s, times.proposals_s, times.crop_s, times.network_s, times.heads_s}) {
    message.push_back(fmt::format("{}", seconds));
  }
  return message;
}

PictureOutcome OutcomeOf(Message message) {
  const auto seconds = [&](std::size_t i) { return ParseDouble(message.at(i)).value_or(0); };
  PictureOutcome outcome{.status = static_cast<int>(ParseInt(message.at(0)).value_or(0)),
                         .json = std::move(message.at(1)),
                         .error = std::move(message.at(2))};
  outcome.times = {.decode_s = seconds(3),
                   .proposals_s = seconds(4),
                   .crop_s = seconds(5),
                   .network_s = seconds(6),
                   .heads_s = seconds(7)};
  return outcome;
}

// The life of a worker: says when its work is made, then does jobs until nobody asks any more.
void Serve(int socket, const MakeWork& make_work, bool is_first) {
  PictureWork work;
  try {
    work = make_work(is_first);
  } catch (const std::exception& error) {
    const bool is_usage = dynamic_cast<const UsageError*>(&error) != nullptr;
    const auto* with_remedy = dynamic_cast<const ErrorWithRemedy*>(&error);
    const PictureOutcome failed{
        .status = is_usage ? 400 : 500,
        .json = {},
        .error = std::string(error.what()) +
                 (with_remedy == nullptr ? "" : "\n" + WordsOf(with_remedy->remedy()))};
    work = [failed](const PictureJob&) { return failed; };
  }
  if (!SendMessage(socket, {"ready"})) return;
  for (Message message; ReceiveMessage(socket, 0, message) == Received::kMessage;) {
    if (!SendMessage(socket, MessageOf(work(JobOf(std::move(message)))))) return;
  }
}

// What says of a worker between processes: its number, and its descriptor beside it.
struct WorkerMessage {
  explicit WorkerMessage(pid_t& process)
      : content{.iov_base = &process, .iov_len = sizeof process} {
    message.msg_iov = &content;
    message.msg_iovlen = 1;
    message.msg_control = space.data();
    message.msg_controllen = space.size();
  }
  WorkerMessage(const WorkerMessage&) = delete;
  WorkerMessage& operator=(const WorkerMessage&) = delete;

  iovec content;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> space{};
  msghdr message{};
};

// Sends a process's number and a descriptor.
bool SendWorker(int control, const Nursery::Worker& worker) {
  pid_t process = worker.process;
  WorkerMessage parts(process);
  cmsghdr* header = CMSG_FIRSTHDR(&parts.message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &worker.socket, sizeof(int));
  return sendmsg(control, &parts.message, MSG_NOSIGNAL) == sizeof process;
}

// The process is -1 where there is none.
Nursery::Worker ReceiveWorker(int control) {
  Nursery::Worker worker;
  WorkerMessage parts(worker.process);
  ssize_t got = 0;
  do {
    got = recvmsg(control, &parts.message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  const cmsghdr* header = CMSG_FIRSTHDR(&parts.message);
  if (got != sizeof worker.process || header == nullptr) return {};
  std::memcpy(&worker.socket, CMSG_DATA(header), sizeof(int));
  return worker;
}

// The life of the nursery: a worker for each byte, until nobody asks any more.
[[noreturn]] void Nurse(int control, const MakeWork& make_work) {
  // A stop is the server's to hear: it ends its workers when they are done.
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGCHLD, SIG_IGN);  // nobody waits for workers
  const pid_t nursery = getpid();
  bool is_first = true;
  for (char asked = 0; recv(control, &asked, 1, 0) == 1;) {
    std::array<int, 2> ends{-1, -1};
    Nursery::Worker worker;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0) {
      worker = {.process = fork(), .socket = ends[0]};
      if (worker.process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != nursery) _exit(0);  // it ended before this worker could ask for the signal
        close(ends[0]);
        close(control);
        Serve(ends[1], make_work, is_first);
        _exit(0);
      }
    }
    is_first = false;
    if (worker.process < 0) _exit(1);
    if (!SendWorker(control, worker)) _exit(0);
    close(ends[0]);
    close(ends[1]);
  }
  _exit(0);
}

}  // namespace

Nursery::Nursery(MakeWork make_work) {
  std::array<int, 2> ends{-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0) process_ = fork();
  if (process_ == 0) {
    close(ends[0]);
    Nurse(ends[1], make_work);
  }
  if (process_ < 0) throw Error("no process for workers: " + ReasonOfSystem());
  control_ = ends[0];
  close(ends[1]);
}

Nursery::~Nursery() {
  close(control_);
  while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Nursery::Worker Nursery::Begin() {
  const std::lock_guard lock(mutex_);
  const char ask = 'w';
  Worker worker;
  if (send(control_, &ask, 1, MSG_NOSIGNAL) == 1) worker = ReceiveWorker(control_);
  if (worker.process < 0) throw Error("no process for a worker; try fewer --workers");
  return worker;
}

WorkerProcess::WorkerProcess(Nursery& nursery,
                             double time_limit_s,
                             std::atomic<std::size_t>& restarts)
    : nursery_(nursery), time_limit_s_(time_limit_s), restarts_(restarts) {}

WorkerProcess::~WorkerProcess() { End(); }

void WorkerProcess::End() {
  if (worker_.process < 0) return;
  kill(worker_.process, SIGKILL);
  close(worker_.socket);
  worker_ = {};
  is_ready_ = false;
}

PictureOutcome WorkerProcess::Lost(int status, const std::string& reason) {
  End();
  ++restarts_;
  fmt::print(stderr, "a picture ended its worker, status {} for its request; begun anew\n", status);
  return {.status = status, .json = {}, .error = reason};
}

PictureOutcome WorkerProcess::Do(const PictureJob& job) {
  try {
    if (worker_.process < 0) worker_ = nursery_.Begin();
  } catch (const Error& error) {
    return {.status = 503, .json = {}, .error = error.what()};
  }
  Message message;
  if (!is_ready_) {
    is_ready_ = ReceiveMessage(worker_.socket, kReadyLimitSeconds, message) == Received::kMessage;
    if (!is_ready_) return Lost(500, "a worker could not load the model; is there enough memory?");
  }
  const bool is_sent = SendMessage(worker_.socket, MessageOf(job));
  switch (is_sent ? ReceiveMessage(worker_.socket, time_limit_s_, message) : Received::kGone) {
    case Received::kMessage:
      return OutcomeOf(std::move(message));
    case Received::kTooLate:
      return Lost(
          504,
          fmt::format(
              "{}: it took longer than {} s (--picture-time-limit)", job.id, time_limit_s_));
    case Received::kGone:
      break;
  }
  return Lost(500, job.id + ": it crashed the program");
}

}  // namespace deeper::tools
