#include "core/work/parallel.h"

#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>

namespace deeper {

namespace tbb = oneapi::tbb;

int DefaultWorkers() { return tbb::info::default_concurrency(); }

void RunInOrder(std::size_t count,
                int workers,
                const std::function<bool()>& stop_asked,
                const std::function<void(std::size_t, std::size_t)>& work,
                const std::function<void(std::size_t, std::size_t)>& finish) {
  // Finishing in order leaves only neighbours unfinished, so their numbers modulo the slots differ.
  const std::size_t slots = 2 * static_cast<std::size_t>(workers);
  // More threads than processors gain nothing, and oneTBB complains.
  tbb::task_arena arena(std::min(workers, DefaultWorkers()));
  std::size_t next = 0;
  arena.execute([&] {
    tbb::parallel_pipeline(
        slots,
        tbb::make_filter<void, std::size_t>(tbb::filter_mode::serial_in_order,
                                            [&](tbb::flow_control& control) -> std::size_t {
                                              if (next == count || stop_asked()) {
                                                control.stop();
                                                return 0;
                                              }
                                              return next++;
                                            }) &
            tbb::make_filter<std::size_t, std::size_t>(tbb::filter_mode::parallel,
                                                       [&](std::size_t i) {
                                                         work(i, i % slots);
                                                         return i;
                                                       }) &
            tbb::make_filter<std::size_t, void>(tbb::filter_mode::serial_in_order,
                                                [&](std::size_t i) { finish(i, i % slots); }));
  });
}

}  // namespace deeper
