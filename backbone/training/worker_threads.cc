#include "backbone/training/worker_threads.h"

#include <exception>
#include <thread>
#include <vector>

namespace deeper {

void OnThreads(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::vector<std::exception_ptr> errors(count);
  {
    std::vector<std::jthread> threads;
    for (std::size_t w = 0; w < count; ++w) {
      threads.emplace_back([&, w] {
        try {
          work(w);
        } catch (...) {
          errors[w] = std::current_exception();
        }
      });
    }
  }
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace deeper
