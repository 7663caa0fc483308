#pragma once

#include <boost/program_options.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace deeper::tools {

// The letter of an option, the same for every verb that has the option: 'o' of "output".
std::optional<char> ShortFormOf(std::string_view option);

// Of "-o" the option and no value; of "-j4" and "-j=4" the option and "4"; of all else two empty
// texts. Letters of options that the verb does not have are none. Throws UsageError for a whole
// option behind one dash, "-output", which is no letter with a value.
std::pair<std::string, std::string> ReadShortForm(
    const std::string& word, const boost::program_options::options_description& options);

}  // namespace deeper::tools
