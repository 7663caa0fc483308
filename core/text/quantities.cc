#include "core/text/quantities.h"

#include <fmt/format.h>

#include <cmath>

namespace deeper {

std::string DurationText(double seconds) {
  const auto whole = static_cast<long>(std::lround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string RateText(double per_second) {
  return per_second >= 1 ? fmt::format("{:.3g}/s", per_second)
                         : DurationText(1 / per_second) + " each";
}

std::string BytesText(double bytes) {
  if (bytes >= 1e9) return fmt::format("{:.1f} GB", bytes / 1e9);
  if (bytes >= 1e6) return fmt::format("{:.0f} MB", bytes / 1e6);
  return fmt::format("{:.0f} kB", bytes / 1e3);
}

std::string Counted(std::size_t count, std::string_view plural) {
  std::string_view noun = plural;
  if (count == 1) noun.remove_suffix(noun.ends_with("xes") || noun.ends_with("sses") ? 2 : 1);
  return fmt::format("{} {}", count, noun);
}

}  // namespace deeper
