#include "core/text/json_line.h"

namespace deeper {

std::string LineOf(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

nlohmann::ordered_json JsonOf(const std::string& text) {
  return nlohmann::ordered_json::parse(text);
}

}  // namespace deeper
