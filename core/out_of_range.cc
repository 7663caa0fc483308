#include "core/out_of_range.h"

#include <fmt/format.h>

namespace deeper {

OutOfRange::OutOfRange(std::string_view field, double value, double low, double high)
    : Error(fmt::format("{} is {}, expected {} to {}", field, value, low, high)),
      field_(field),
      value_(value),
      low_(low),
      high_(high) {}

}  // namespace deeper
