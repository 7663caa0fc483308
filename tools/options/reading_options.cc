#include "tools/options/reading_options.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>

#include "tools/options/option_values.h"

namespace deeper::tools {

namespace po = boost::program_options;

void ReadingOptions::AddOptions(po::options_description& group) {
  // clang-format off
  group.add_options()
      ("max-megapixels", po::value(&max_megapixels)->default_value(max_megapixels)->value_name("N"), "larger pictures are refused before memory is taken; 3 bytes a pixel")
      ("lenient", po::bool_switch(&lenient), "take of a truncated or corrupt JPEG or PNG what can be decoded, instead of refusing it");
  // clang-format on
}

void ReadingOptions::Check() const { CheckRange("max-megapixels", max_megapixels, 0.001, 1e6); }

ReadImageOptions ReadingOptions::ForReading() const {
  ReadImageOptions reading = ForReadingAgain();
  reading.warn = [](const std::string& message) { fmt::print(stderr, "warning: {}\n", message); };
  return reading;
}

ReadImageOptions ReadingOptions::ForReadingAgain() const {
  return {.max_pixels = static_cast<std::int64_t>(1e6 * max_megapixels), .lenient = lenient};
}

std::string ReadingOptions::Text() const { return lenient ? "lenient yes\n" : "lenient no\n"; }

}  // namespace deeper::tools
