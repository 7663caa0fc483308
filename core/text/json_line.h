#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

namespace deeper {

// One line, without its newline; bytes that are not UTF-8 are replaced.
inline std::string LineOf(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// A whole number that is not negative; throws nlohmann's type_error for another value, where its
// own conversions would make something of any number.
template <typename Json>
std::size_t CountIn(const Json& value) {
  return value.template get_ref<const typename Json::number_unsigned_t&>();
}

}  // namespace deeper
