#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/error.h"

// Not a public header: it carries nlohmann::json.

namespace deeper {

using Json = nlohmann::json;

// What a value must be, for messages.
[[noreturn]] inline void ThrowWrongType(const std::string& where, const char* expected) {
  throw Error(where + " must be " + expected);
}

// The value as a T: text, yes or no, a number in range, or a list or map of those. Throws Error
// beginning with `where` when it is of another type or out of range.
inline void Convert(const Json& value, const std::string& where, std::string& result) {
  if (!value.is_string()) ThrowWrongType(where, "a text");
  result = value.get<std::string>();
}

inline void Convert(const Json& value, const std::string& where, bool& result) {
  if (!value.is_boolean()) ThrowWrongType(where, "true or false");
  result = value.get<bool>();
}

template <std::integral Integer>
void Convert(const Json& value, const std::string& where, Integer& result) {
  const bool fits =
      value.is_number_unsigned()
          ? std::in_range<Integer>(value.get<std::uint64_t>())
          : value.is_number_integer() && std::in_range<Integer>(value.get<std::int64_t>());
  if (!fits) ThrowWrongType(where, "a whole number in range");
  result = value.get<Integer>();
}

template <std::floating_point Float>
void Convert(const Json& value, const std::string& where, Float& result) {
  constexpr auto kLargest = static_cast<double>(std::numeric_limits<Float>::max());
  if (!value.is_number() || !(std::abs(value.get<double>()) <= kLargest)) {
    ThrowWrongType(where, "a number in range");
  }
  result = value.get<Float>();
}

template <typename Item>
void Convert(const Json& value, const std::string& where, std::vector<Item>& result) {
  if (!value.is_array()) ThrowWrongType(where, "a list");
  result.resize(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    Convert(value[i], where + "[" + std::to_string(i) + "]", result[i]);
  }
}

template <typename Item>
void Convert(const Json& value, const std::string& where, std::map<std::string, Item>& result) {
  if (!value.is_object()) ThrowWrongType(where, "an object");
  for (const auto& [key, item] : value.items()) Convert(item, where + "." + key, result[key]);
}

// A JSON object all of whose keys must be read: Finish() refuses the others.
class JsonObject {
 public:
  // `where` names the object in messages: "model.safetensors: crop". `value` must outlive this.
  JsonObject(const Json& value, std::string where) : value_(value), where_(std::move(where)) {
    if (!value_.is_object()) ThrowWrongType(where_, "an object");
  }

  std::string PathOf(const std::string& key) const { return where_ + "." + key; }

  bool Has(const std::string& key) const { return value_.contains(key); }
  // The value of a key. Throws Error when it is missing.
  const Json& At(const std::string& key) {
    if (!value_.contains(key)) throw Error(PathOf(key) + " is missing");
    asked_.insert(key);
    return value_[key];
  }
  template <typename T>
  void Read(const std::string& key, T& result) {
    Convert(At(key), PathOf(key), result);
  }
  JsonObject Object(const std::string& key) { return {At(key), PathOf(key)}; }

  // Throws Error naming the first key that was never read.
  void Finish() const {
    for (const auto& [key, item] : value_.items()) {
      if (!asked_.contains(key)) {
        throw Error(PathOf(key) + " is unknown; the file may be of a newer version of the program");
      }
    }
  }

 private:
  const Json& value_;
  std::string where_;
  std::set<std::string> asked_;
};

}  // namespace deeper
