#include "core/work/work_under_way.h"

#include <csignal>
#include <cstddef>
#include <utility>
#include <vector>

namespace deeper {

namespace {

void UseSignalStack() {
  constexpr std::size_t kBytes = 1U << 16U;
  thread_local std::vector<char> stack;
  if (!stack.empty()) return;
  stack.resize(kBytes);
  stack_t use{};
  use.ss_sp = stack.data();
  use.ss_size = stack.size();
  sigaltstack(&use, nullptr);
}

}  // namespace

WorkUnderWay::WorkUnderWay(const void* work) : earlier_(std::exchange(current_, work)) {
  if (work != nullptr) UseSignalStack();
}

}  // namespace deeper
