#include "core/out_of_range.h"

#include <fmt/format.h>

namespace deeper {

OutOfRange::OutOfRange(std::string_view field, double value, double low, double high)
    : OutOfRange(field, value, fmt::format("a number from {} to {}", low, high)) {}

OutOfRange::OutOfRange(std::string_view field, double value, const std::string& expected)
    : Error(fmt::format("{} is {}, expected {}", field, value, expected)),
      field_(field),
      value_(value),
      expected_(expected) {}

}  // namespace deeper
