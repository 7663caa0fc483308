#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace deeper {

using Colour = std::array<std::uint8_t, 3>;  // BGR

// Colours that people can tell apart, one for each of `count` classes, by position. Each is the one
// that differs most from those before it, from white, from grey and from black, in CIE Lab, the
// first ones of bright tones. So the first colours are the same for every count. All differ up to a
// count of 64; further ones repeat these in turn.
std::vector<Colour> DistinctColours(std::size_t count);

// Black or white, whichever stands out more from the colour (WCAG 2, contrast ratio).
Colour ContrastTo(const Colour& colour);

// The colour that "#rrggbb" names, or one of white, black, red, orange, yellow, green, cyan, blue,
// magenta, pink, brown, grey. Throws Error for other text.
Colour ColourFromText(std::string_view text);

}  // namespace deeper
