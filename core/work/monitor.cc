#include "core/work/monitor.h"

#include "core/error.h"
#include "core/work/parallel.h"

namespace deeper {

std::size_t ForEachOrSkip(const Monitor& monitor,
                          const std::string& what,
                          const std::string& unit,
                          std::size_t count,
                          std::size_t total,
                          int workers,
                          const std::function<void(std::size_t)>& work) {
  Stage stage(monitor, what, unit, total, total - count);
  std::size_t skipped = 0;
  ForEachInOrder<std::string>(
      count,
      workers,
      monitor.stop_asked,
      [&](std::size_t i) -> std::string {
        try {
          work(i);
          return {};
        } catch (const WriteError&) {
          throw;
        } catch (const Error& error) {
          return error.what();
        }
      },
      [&](std::size_t, const std::string& error) {
        if (!error.empty()) {
          ++skipped;
          monitor.say("skipped: " + error);
        }
        stage.Advance();
      });
  return skipped;
}

}  // namespace deeper
