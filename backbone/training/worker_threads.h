#pragma once

#include <cstddef>
#include <functional>

namespace deeper {

// Calls work(w) for w = 0 .. count - 1, each on a thread of its own. The first exception, by
// number, reaches the caller when all are done.
void OnThreads(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace deeper
