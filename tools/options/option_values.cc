#include "tools/options/option_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace deeper::tools {
namespace {

// Fields whose options are not named as they are.
constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kOptionOfField = {
    {{"picture_memory_gb", "picture-memory"},
     {"soft_sigma", "soft-nms"},
     {"max_iou", "nms-iou"},
     {"short_side_px", "short-side"},
     {"short_sides_px", "training-side"},
     {"long_side_px", "long-side"},
     {"factor", "rate-factor"},
     {"every", "rate-every"},
     {"power", "rate-power"},
     {"total", "steps"},
     {"average_decay", "average"},
     {"clip_norm", "clip"},
     {"negative_max_iou", "negative-iou"},
     {"background_max_iou", "background-iou"},
     {"lambda", "box-lambda"},
     {"min_iou", "box-iou"},
     {"max_boxes", "max-proposals"}}};

[[noreturn]] void Refuse(std::string_view option, double value, const std::string& expected) {
  throw UsageError(fmt::format("--{} is {}, expected {}", option, value, expected));
}

}  // namespace

std::string OptionOf(std::string field) {
  for (const auto& [name, option] : kOptionOfField) {
    if (field == name) return std::string(option);
  }
  std::ranges::replace(field, '_', '-');
  return field;
}

void CheckRange(const char* option, double value, double low, double high) {
  if (value >= low && value <= high) return;
  Refuse(option, value, fmt::format("a number from {} to {}", low, high));
}

void ThrowOutOfRange(const OutOfRange& error) {
  Refuse(OptionOf(error.field()), error.value(), error.expected());
}

std::vector<std::string> SplitAtCommas(const char* option, const std::string& text) {
  std::vector<std::string> parts(1);
  bool is_quoted = false;
  for (const char c : text) {
    if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == ',' && !is_quoted) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  for (std::string& part : parts) {
    part.erase(0, part.find_first_not_of(' '));
    part.erase(part.find_last_not_of(' ') + 1);
    if (part.empty())
      throw UsageError(fmt::format("--{} has an empty entry in '{}'", option, text));
  }
  return parts;
}

}  // namespace deeper::tools
