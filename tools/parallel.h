#pragma once

#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>

#include "tools/run/stop_signal.h"

namespace deeper::tools {

// Workers when the user does not say: one for each processor that this process may use.
inline int DefaultWorkers() { return oneapi::tbb::info::default_concurrency(); }

// Calls work(i) for i = 0 .. count - 1 on up to `workers` threads (never more than there are
// processors) and finish(i, result) for each in this order, one at a time. At most 2 * workers
// results exist at once. Stops handing out work when StopAsked(); what was begun is finished. An
// exception out of either ends the whole and reaches the caller.
template <typename Result>
void ForEachInOrder(std::size_t count,
                    int workers,
                    const std::function<Result(std::size_t)>& work,
                    const std::function<void(std::size_t, Result)>& finish) {
  namespace tbb = oneapi::tbb;
  using Numbered = std::pair<std::size_t, Result>;
  // More threads than processors gain nothing, and oneTBB complains.
  tbb::task_arena arena(std::min(workers, DefaultWorkers()));
  std::size_t next = 0;
  arena.execute([&] {
    tbb::parallel_pipeline(
        2 * static_cast<std::size_t>(workers),
        tbb::make_filter<void, std::size_t>(tbb::filter_mode::serial_in_order,
                                            [&](tbb::flow_control& control) -> std::size_t {
                                              if (next == count || StopAsked()) {
                                                control.stop();
                                                return 0;
                                              }
                                              return next++;
                                            }) &
            tbb::make_filter<std::size_t, Numbered>(
                tbb::filter_mode::parallel, [&](std::size_t i) { return Numbered(i, work(i)); }) &
            tbb::make_filter<Numbered, void>(
                tbb::filter_mode::serial_in_order,
                [&](Numbered numbered) { finish(numbered.first, std::move(numbered.second)); }));
  });
}

}  // namespace deeper::tools
