#pragma once

#include <string>
#include <string_view>

#include "core/error.h"

namespace deeper {

// What RequireInRange throws. A program whose users know the field by another name tells them the
// same with that.
class OutOfRange : public Error {
 public:
  OutOfRange(std::string_view field, double value, double low, double high);
  // expected: "a number above 0".
  OutOfRange(std::string_view field, double value, const std::string& expected);

  const std::string& field() const { return field_; }
  double value() const { return value_; }
  const std::string& expected() const { return expected_; }  // "a number from 0 to 1"

 private:
  std::string field_;
  double value_;
  std::string expected_;
};

}  // namespace deeper
