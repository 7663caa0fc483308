#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

namespace deeper::tools {

// The values that an option takes, where its value's name lists them: f32, bf16 and int8 of
// "f32|bf16|int8". "[,...]" behind them says that it takes several of them between commas.
struct OptionChoices {
  std::vector<std::string> values;  // none where any text may do
  bool takes_several = false;
};
OptionChoices ChoicesOf(const boost::program_options::option_description& option);

// The value as the list has it: capitals and small letters are the same to people. Of an option
// without a list the value as it is. Throws UsageError that names the values and the nearest one.
std::string ChosenValue(const boost::program_options::option_description& option,
                        const std::string& value);

// What a value is named, without the default that Boost puts behind it: "N" of "N (=4)".
std::string ValueNameOf(const boost::program_options::value_semantic& semantic);

}  // namespace deeper::tools
