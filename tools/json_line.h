#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace deeper::tools {

// One line, without its newline; bytes that are not UTF-8 are replaced.
inline std::string LineOf(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace deeper::tools
