#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

namespace deeper {

// One line, without its newline; bytes that are not UTF-8 are replaced.
std::string LineOf(const nlohmann::ordered_json& json);

// What such a text holds. Throws nlohmann's parse_error for other text.
nlohmann::ordered_json JsonOf(const std::string& text);

// A whole number that is not negative; throws nlohmann's type_error for another value, where its
// own conversions would make something of any number.
template <typename Json>
std::size_t CountIn(const Json& value) {
  return value.template get_ref<const typename Json::number_unsigned_t&>();
}

}  // namespace deeper
