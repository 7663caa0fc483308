#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "eval/formats/coco.h"
#include "eval/formats/reading/read_dataset.h"

namespace deeper::tools {

// The options that name an annotated data set, shared by the verbs that read one.
struct DataSource {
  std::string data;        // "KIND:PATH": see AddOptions
  std::string set;         // voc: the list in ImageSets/Main, several joined with '+'
  std::string classes;     // voc: comma-separated names, in the order wanted; "" takes those in the
                           // annotations
  std::string image_list;  // ilsvrc
  std::string class_list;
  std::string blacklist;

  void AddOptions(boost::program_options::options_description& group);
  bool Given() const { return !data.empty(); }
};

// A data set with what else its files said.
struct LoadedData {
  Dataset dataset;
  std::optional<CocoIds> coco_ids;             // of a COCO data set
  std::vector<std::string> unreadable_images;  // ids of pictures that were left out
};

// Reads the data set. Says on stderr how much was left out for each reason. Throws UsageError for a
// malformed source, Error for files that are wrong.
LoadedData LoadData(const DataSource& source);
Dataset ReadDataSource(const DataSource& source);

// Says on stderr how many objects or files were left out for each reason, with the first place of
// each.
void SayWarnings(const std::vector<Warning>& warnings);

}  // namespace deeper::tools
