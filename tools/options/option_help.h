#pragma once

#include <boost/program_options.hpp>
#include <string>

namespace deeper::tools {

// The options under a heading, as the help shows them, a line or more for each:
//   Output:
//     -o, --output DIR (=deeper-out)  where everything goes
// Of an option with a list of values the values stand in place of DIR. A name that is too long for
// its column has a line of its own.
std::string GroupHelp(const std::string& heading,
                      const boost::program_options::options_description& group);

}  // namespace deeper::tools
