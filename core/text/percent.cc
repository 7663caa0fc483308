#include "core/text/percent.h"

#include <optional>

#include "core/text/utf8.h"

namespace deeper {

std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::optional<std::string> byte;
    if (text[i] == '%' && i + 2 < text.size()) byte = BytesOfHex(text.substr(i + 1, 2));
    if (byte && byte->front() != '\0') {
      decoded += *byte;
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

}  // namespace deeper
