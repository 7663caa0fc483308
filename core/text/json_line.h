#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

namespace deeper {

// One line without a newline. Bytes that are not UTF-8 are replaced.
std::string LineOf(const nlohmann::ordered_json& json);

// The value of such a text. Throws nlohmann's parse_error for other text.
nlohmann::ordered_json JsonOf(const std::string& text);

// A whole number that is not negative. Throws nlohmann's type_error for another value; its own
// conversions would accept any number.
template <typename Json>
std::size_t CountIn(const Json& value) {
  return value.template get_ref<const typename Json::number_unsigned_t&>();
}

}  // namespace deeper
