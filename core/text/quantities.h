#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace deeper {

// "1:23:45", "2:07" or "8 s".
std::string DurationText(double seconds);

// Speed as people read it: "12.3/s", or "2:07 each" where one takes longer than a second.
std::string RateText(double per_second);

// "1.4 GB", "310 MB", "12 kB" (powers of 1000).
std::string BytesText(double bytes);

// "1 picture" or "4 pictures" of "pictures".
std::string Counted(std::size_t count, std::string_view plural);

}  // namespace deeper
