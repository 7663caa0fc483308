#pragma once

#include <optional>

#include "core/remedy.h"

namespace deeper::test {

// The remedy of the error that `call` throws; nothing where it throws none, or one without.
template <typename Call>
std::optional<Remedy> RemedyOf(const Call& call) {
  try {
    call();
  } catch (const ErrorWithRemedy& error) {
    return error.remedy();
  } catch (const Error&) {
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace deeper::test
