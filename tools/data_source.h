#pragma once

#include <boost/program_options.hpp>
#include <string>

#include "core/dataset.h"

namespace deeper::tools {

// The options that name an annotated data set, shared by the verbs that read one.
struct DataSource {
  std::string data;        // "voc:DIR" or "ilsvrc:DIR"
  std::string set;         // voc: the list in ImageSets/Main, several joined with '+'
  std::string classes;     // voc: comma-separated names, in the order wanted; "" takes those in the
                           // annotations
  std::string image_list;  // ilsvrc
  std::string class_list;
  std::string blacklist;

  void AddOptions(boost::program_options::options_description& group);
  bool Given() const { return !data.empty(); }
};

// Reads it; what was left out is counted by reason on stderr. Throws UsageError for a malformed
// source, Error for files that are wrong.
Dataset ReadDataSource(const DataSource& source);

}  // namespace deeper::tools
