#pragma once

#include <string>

#include "detector/training/heads_options.h"
#include "tools/input/data_source.h"
#include "tools/options/command_line.h"
#include "tools/options/network_options.h"
#include "tools/options/reading_options.h"
#include "tools/run/shard.h"

namespace deeper::tools {

// What 'deeper train svm', 'softmax', 'heads' and 'features' are told.
struct HeadsArguments {
  DataSource data;
  ReadingOptions reading;
  std::string backbone;
  std::string multibox;
  std::string output;
  std::string cache;
  std::string crop_mode = "warp";
  std::string norm = "unit";
  bool no_mirror = false;
  bool no_box_regression = false;
  bool json = false;
  ProposalOptions proposals;
  ShardOptions shard;
  RunOptions run;
  HeadsOptions options;  // without kinds where features alone are wanted

  // SVMs are trained in shards of classes, features are extracted in shards of pictures.
  bool Shards() const {
    return options.kinds.empty() || options.kinds == std::vector{ClassifierKind::kSvm};
  }
};

// Reads the words into the arguments; false when help was asked for. Throws UsageError or Error for
// what does not go together or is out of range.
bool ParseHeads(const Arguments& words, CommandLine line, HeadsArguments& arguments);

}  // namespace deeper::tools
