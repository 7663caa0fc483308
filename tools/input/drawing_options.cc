#include "tools/input/drawing_options.h"

#include <utility>
#include <vector>

#include "tools/input/class_names.h"
#include "tools/options/option_values.h"

namespace deeper::tools {

namespace po = boost::program_options;

void DrawingOptions::AddOptions(po::options_description& group) {
  // clang-format off
  group.add_options()
      ("line-width", po::value(&line_width_px)->default_value(line_width_px)->value_name("PX"), "of drawn frames; 0: by the picture's size")
      ("colours", po::value(&colours)->value_name("COLOUR,..."), "of drawn frames: COLOUR for all classes, CLASS=COLOUR for one; #rrggbb or a name such as red; default: colours far apart");
  // clang-format on
}

void DrawingOptions::Check() const { CheckRange("line-width", line_width_px, 0, 1000); }

DrawingStyle DrawingOptions::StyleFor(const ClassTable& classes) const {
  DrawingStyle style{.line_px = line_width_px, .colours = DistinctColours(classes.Size())};
  if (colours.empty()) return style;
  std::vector<std::pair<std::string, Colour>> of_classes;
  for (const std::string& part : SplitAtCommas("colours", colours)) {
    const std::size_t sign = part.rfind('=');
    const Colour colour = ValueOf("colours", [&] {
      return ColourFromText(sign == std::string::npos ? part : part.substr(sign + 1));
    });
    if (sign == std::string::npos) {
      style.colours.assign(classes.Size(), colour);
    } else {
      of_classes.emplace_back(part.substr(0, sign), colour);
    }
  }
  for (const auto& [name, colour] : of_classes) {
    style.colours[IndexOf(ClassNamed("colours", classes, name))] = colour;
  }
  return style;
}

}  // namespace deeper::tools
