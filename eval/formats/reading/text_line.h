#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/box.h"

namespace deeper {

// One line of a text file whose lines are fields between spaces, with the file and number that
// messages name.
struct TextLine {
  const std::filesystem::path* file = nullptr;
  std::size_t number = 0;  // from 1
  std::string_view text;
  std::vector<std::string_view> fields;

  // Throws Error "<file>:<line>: expected <expected>, found '<text>'".
  [[noreturn]] void Fail(std::string_view expected) const;
  // Field `i`; calls Fail(what) unless it is a whole number, or a finite number.
  std::int64_t IntAt(std::size_t i, std::string_view what) const;
  double NumberAt(std::size_t i, std::string_view what) const;
  // Field `i`; calls Fail unless it is a finite number in the range of a float.
  float ScoreAt(std::size_t i) const;
  // Fields i .. i + 3 as 1-based inclusive xmin, ymin, xmax, ymax.
  Box OneBasedBoxAt(std::size_t i) const;
};

// Calls `visit` for each line of the file that is not blank, in order. Throws Error when the file
// cannot be read, and what `visit` throws.
void ForEachLine(const std::filesystem::path& path,
                 const std::function<void(const TextLine&)>& visit);

}  // namespace deeper
