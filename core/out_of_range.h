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

  const std::string& field() const { return field_; }
  double value() const { return value_; }
  double low() const { return low_; }
  double high() const { return high_; }

 private:
  std::string field_;
  double value_;
  double low_;
  double high_;
};

}  // namespace deeper
