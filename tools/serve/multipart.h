#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deeper::tools {

// A part of a form: a file, or a field's value.
struct FormPart {
  std::string name;
  std::string file_name;  // as the sender says, its directories left out; "" for a field
  std::string_view content;

  bool operator==(const FormPart&) const = default;
};

// Whether a Content-Type is that of such a form.
bool IsMultipart(std::string_view content_type);

// The parts of a multipart/form-data body (RFC 7578), in their order. They point into `body`.
// Throws Error that says what is wrong with the boundary, a part's head or the end.
std::vector<FormPart> ParseMultipart(std::string_view content_type, std::string_view body);

}  // namespace deeper::tools
