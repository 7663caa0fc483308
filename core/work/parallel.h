#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace deeper {

// Workers when the user does not say: one per processor that this process may use.
int DefaultWorkers();

// For work that nobody asks to stop.
inline bool NeverStop() { return false; }

// Calls work(i, slot) for i = 0 .. count - 1 on up to `workers` threads, never more than there are
// processors. Calls finish(i, slot) for each in this order, one at a time. At most 2 * workers
// calls of `work` are unfinished at once; slot < 2 * workers tells those apart.
//
// Once stop_asked() is true, no more work begins; what was begun is finished. An exception from any
// of the three functions ends everything and reaches the caller. Expects workers > 0.
void RunInOrder(std::size_t count,
                int workers,
                const std::function<bool()>& stop_asked,
                const std::function<void(std::size_t i, std::size_t slot)>& work,
                const std::function<void(std::size_t i, std::size_t slot)>& finish);

// RunInOrder for work that has a result: finish(i, result) gets what work(i) returned. At most 2 *
// workers results exist at once.
template <typename Result, typename Work, typename Finish>
void ForEachInOrder(std::size_t count,
                    int workers,
                    const std::function<bool()>& stop_asked,
                    const Work& work,
                    const Finish& finish) {
  std::vector<std::optional<Result>> results(2 * static_cast<std::size_t>(workers));
  RunInOrder(
      count,
      workers,
      stop_asked,
      [&](std::size_t i, std::size_t slot) { results[slot].emplace(work(i)); },
      [&](std::size_t i, std::size_t slot) {
        Result result = *std::move(results[slot]);
        results[slot].reset();
        finish(i, std::move(result));
      });
}

}  // namespace deeper
