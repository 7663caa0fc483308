#include "tools/serve/worker_process.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper::tools {
namespace {

using Catch::Matchers::Contains;

// Does as it is told, in another process.
PictureOutcome Obey(const PictureJob& job) {
  if (job.file == "crash") {
    std::signal(SIGSEGV, SIG_DFL);  // Catch2 has a handler of its own
    std::raise(SIGSEGV);
  }
  if (job.file == "end") _exit(0);
  if (job.file == "hang") std::this_thread::sleep_for(std::chrono::minutes(5));
  if (job.file == "fail") return {.status = 422, .json = {}, .error = "bad \xff"};
  std::string options;
  for (const auto& [name, value] : job.options) options += name + "=" + value + ";";
  return {.json = job.id + "," + std::to_string(job.file.size()) + "," + options +
                  std::to_string(job.story_of) + job.file_name + (job.asks_model ? "m" : ""),
          .error = {},
          .times = {.decode_s = 0.25, .network_s = 1.0 / 3}};
}

// Whether a process does something yet. One that has ended may keep its number until somebody asks.
bool IsAtWork(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(") ");
  return name_end != std::string::npos && text[name_end + 2] != 'Z';
}

struct Workers {
  Nursery nursery{[](bool) { return PictureWork(Obey); }};
  std::atomic<std::size_t> restarts = 0;
};

TEST_CASE("a job and its outcome are the same through a worker's process") {
  Workers workers;
  WorkerProcess worker(workers.nursery, 0, workers.restarts);
  const std::string large(3'000'000, '\0');
  const PictureOutcome outcome = worker.Do({.id = "a\n\xff",
                                            .file = large,
                                            .options = {{"min-score", "0.5"}, {"x", ""}},
                                            .file_name = "f",
                                            .story_of = 7});
  CHECK(outcome.status == 200);
  CHECK(outcome.json == "a\n\xff,3000000,min-score=0.5;x=;7f");
  CHECK(outcome.times.decode_s == 0.25);
  CHECK(outcome.times.network_s == 1.0 / 3);
  CHECK(worker.Do({.id = "b", .file = "", .options = {}, .asks_model = true}).json == "b,0,0m");
  const PictureOutcome failed = worker.Do({.id = "b", .file = "fail", .options = {}});
  CHECK(failed.status == 422);
  CHECK(failed.error == "bad \xff");
  CHECK(workers.restarts == 0);
}

TEST_CASE("a picture that crashes or ends its worker costs itself alone") {
  Workers workers;
  WorkerProcess worker(workers.nursery, 0, workers.restarts);
  WorkerProcess other(workers.nursery, 0, workers.restarts);
  CHECK(other.Do({.id = "o", .file = "1", .options = {}}).status == 200);
  for (const char* file : {"crash", "end"}) {
    const PictureOutcome lost = worker.Do({.id = "cat", .file = file, .options = {}});
    CHECK(lost.status == 500);
    CHECK(lost.error == "cat: it crashed the program");
    CHECK(worker.Do({.id = "b", .file = "1", .options = {}}).status == 200);
  }
  CHECK(other.Do({.id = "o", .file = "1", .options = {}}).status == 200);
  CHECK(workers.restarts == 2);
}

TEST_CASE("a picture that takes longer than the limit is ended") {
  Workers workers;
  WorkerProcess worker(workers.nursery, 0.2, workers.restarts);
  const PictureOutcome lost = worker.Do({.id = "cat", .file = "hang", .options = {}});
  CHECK(lost.status == 504);
  CHECK_THAT(lost.error, Contains("cat: it took longer than 0.2 s"));
  CHECK(worker.Do({.id = "b", .file = "1", .options = {}}).status == 200);
}

TEST_CASE("what keeps workers from their work is the outcome of every job") {
  Nursery nursery([](bool) -> PictureWork { throw Error("no such model"); });
  std::atomic<std::size_t> restarts = 0;
  WorkerProcess worker(nursery, 0, restarts);
  for (int i = 0; i < 2; ++i) {
    const PictureOutcome outcome = worker.Do({.id = "cat", .file = "1", .options = {}});
    CHECK(outcome.status == 500);
    CHECK(outcome.error == "no such model");
  }
}

TEST_CASE("workers end with the nursery") {
  std::atomic<std::size_t> restarts = 0;
  pid_t process = -1;
  {
    Nursery nursery([](bool) { return PictureWork(Obey); });
    process = nursery.Begin().process;
    REQUIRE(IsAtWork(process));
  }
  for (int i = 0; i < 500 && IsAtWork(process); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  CHECK_FALSE(IsAtWork(process));
}

}  // namespace
}  // namespace deeper::tools
