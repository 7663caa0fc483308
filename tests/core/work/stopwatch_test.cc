#include "core/work/stopwatch.h"

#include <chrono>
#include <thread>

#include "tests/support/catch.h"

namespace deeper {
namespace {

TEST_CASE("processor time stands still while a thread sleeps, and time on the clock does not") {
  double processor_s = 0;
  double clock_s = 0;
  Timed(clock_s, [&] {
    return Timed<ProcessorWatch>(processor_s, [] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      return 0;
    });
  });
  CHECK(clock_s >= 0.05);
  CHECK(processor_s < 0.05);
}

TEST_CASE("processor time counts the work of its thread alone") {
  const ProcessorWatch waiting;
  double working_s = 0;
  std::thread worker([&] {
    const ProcessorWatch working;
    while (working.Seconds() < 0.02) {
    }
    working_s = working.Seconds();
  });
  worker.join();
  CHECK(working_s >= 0.02);
  CHECK(waiting.Seconds() < working_s);
}

}  // namespace
}  // namespace deeper
