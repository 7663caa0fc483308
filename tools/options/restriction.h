#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

namespace deeper::tools {

// When a verb reads some of its options at all.
struct Restriction {
  std::string options;  // their names, between blanks
  // With at least one of these options, where there are any: a name, or a name with a value, which
  // may be its default: "bootstrap report", "schedule=poly". Of a list between commas one entry is
  // enough.
  std::string with = {};
  // With none of these.
  std::string without = {};
};

// Whether the options of a restriction are read, by all values of the command line.
bool AreRead(const Restriction& restriction, const boost::program_options::variables_map& values);

// When they are, to people: "read with --bootstrap or --report alone", "not read with --compare".
std::string TextOf(const Restriction& restriction);

// "--bootstrap", for each name of the text between blanks.
std::vector<std::string> OptionsIn(const std::string& names);

}  // namespace deeper::tools
