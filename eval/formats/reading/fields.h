#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/box.h"
#include "eval/formats/reading/read_dataset.h"

namespace deeper {

// The words of a field, as all formats' readers take them. Programs write the same thing in many
// ways; what is here is what is understood, in every format alike. Blanks around a field never
// count.

// `text` without blanks and line ends around it.
std::string_view Trimmed(std::string_view text);
// Trimmed, and without one pair of quotes around it.
std::string_view Unquoted(std::string_view text);

// Yes for 1, true, t, yes, y and on; no for 0, false, f, no, n, off, none, null and an empty text;
// in any letter case, numbers also as 1.0 or 0.0. Nothing for what is neither.
std::optional<bool> YesNoOf(std::string_view text);
// YesNoOf, where what is neither is taken as no and noted in `warnings` at `where`, with the name
// of the field.
bool FlagOf(std::string_view text,
            std::string_view field,
            const std::string& where,
            std::vector<Warning>& warnings);

// A finite number, or nothing.
std::optional<double> NumberOf(std::string_view text);
// A whole number, also as 7.0 or 1e0; nothing for a fraction.
std::optional<std::int64_t> WholeNumberOf(std::string_view text);
// A number of pixels from 1 to a billion; 0, not known, for anything else. A fraction is cut off.
int PixelsOf(std::string_view text);
// A finite number in the range of a float; NaN for anything else, which LabelCollector refuses.
float CoordinateOf(std::string_view text);

// A number or word that names a record: whole numbers as digits ("7" for 7.0), others as they are.
std::string IdText(std::string_view text);

// A picture's file name as it is written here: trimmed, with "/" for "\", without "./" before it.
// "C:\pictures\a.jpg" is "C:/pictures/a.jpg".
std::string FileNameOf(std::string_view text);
// Whether the name begins at the root of a file system or a drive.
bool IsAbsoluteName(std::string_view file_name);
// What follows the last "/".
std::string_view LastPart(std::string_view file_name);

}  // namespace deeper
