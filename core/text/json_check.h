#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace deeper {

// Throws Error unless `text` is one JSON value that nests at most `max_depth` objects and arrays
// and has no key twice in one object. Of two equal keys a parser would silently take the last, and
// deep nesting crashes recursive parsers. `source` begins the message: "model.safetensors: header".
void CheckJson(std::string_view text, std::size_t max_depth, const std::string& source);

}  // namespace deeper
