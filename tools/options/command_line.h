#pragma once

#include <boost/program_options.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tools/options/configuration.h"
#include "tools/options/given_options.h"
#include "tools/options/restriction.h"

// Options of these types are compiled once, in command_line.cc.
extern template class boost::program_options::typed_value<std::string>;
extern template class boost::program_options::typed_value<int>;
extern template class boost::program_options::typed_value<double>;
extern template class boost::program_options::typed_value<float>;
extern template class boost::program_options::typed_value<std::size_t>;
extern template class boost::program_options::typed_value<bool>;

namespace deeper::tools {

// The words behind the name of the program or of a verb.
using Arguments = std::vector<std::string>;

// The command line of one verb: what it takes, and its help with the examples first.
class CommandLine {
 public:
  // verb: "detect" or "train svm". examples: whole lines.
  CommandLine(std::string verb, std::string purpose, std::vector<std::string> examples);

  // To add options to, under this heading: Group("Input").add_options()("data", ...). The reference
  // stays valid.
  boost::program_options::options_description& Group(const std::string& heading);

  // Takes words that are no options into the option `name`. The usage line shows them as `shown`
  // ("PICTURE..."). Without a call, such words are refused.
  void TakeWords(const std::string& name, const std::string& shown);

  // Says what options that nobody gives are instead of their defaults, such as by a model's file.
  // --dump-config alone calls `read`, after the options that are given have been stored. It shows
  // an entry that is no option of the verb as a fact.
  void ShowDefaultsOf(std::function<std::vector<ConfiguredOption>()> read);

  // Adds to when options are read. One that is given where it is not read is refused. Of a file's
  // or the environment's, which are for many runs, Parse only says so on stderr. The help lists
  // them.
  void Restrict(const std::vector<Restriction>& restrictions);

  // Parses `arguments`, letters of options (tools/options/short_forms.h) among them. Returns false
  // when the verb is done, because the help or --dump-config was asked for and has been printed on
  // stdout. Throws UsageError for an unknown option (naming the nearest one), a repeated one, a bad
  // value, a stray word, an option that is not read. Of an option that lists its values
  // ("f32|bf16") capitals make no difference. Of a variable of the environment that is none of the
  // verb's options it only says so on stderr: it may be another verb's.
  bool Parse(const Arguments& arguments);

  // Whether somebody chose the option's value. A file that gives the default does not choose it:
  // --dump-config writes such files.
  bool Given(const std::string& name) const;

  // Throws UsageError if one of these options, names between blanks, is given. `why`: "is not read
  // of a bare network". For what is known after Parse alone.
  void Refuse(const std::string& options, const std::string& why) const;

  std::string Help() const;

 private:
  boost::program_options::options_description AllOptions() const;
  // Adds what the environment and a file give to what the words gave. Returns false when all that
  // was to be dumped.
  bool ReadSources(const boost::program_options::options_description& all, GivenOptions given);

  // Refuses what is given and not read.
  void RefuseUnread(const std::map<std::string, std::string>& place_of_given) const;

  std::string verb_;
  std::string purpose_;
  std::vector<std::string> examples_;
  struct OptionGroup {
    std::string heading;
    std::unique_ptr<boost::program_options::options_description> options;
  };
  std::vector<OptionGroup> groups_;
  boost::program_options::positional_options_description words_;
  std::string words_name_;
  std::string words_shown_;
  std::vector<Restriction> restrictions_;
  std::function<std::vector<ConfiguredOption>()> read_defaults_;
  boost::program_options::variables_map values_;
  std::set<std::string> given_as_default_;  // by a file
};

}  // namespace deeper::tools
