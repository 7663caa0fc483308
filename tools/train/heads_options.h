#pragma once

#include <optional>
#include <string>
#include <vector>

#include "detector/heads/heads.h"
#include "detector/heads/training_images.h"
#include "tools/input/data_source.h"
#include "tools/options/command_line.h"
#include "tools/options/network_options.h"
#include "tools/run/shard.h"

namespace deeper::tools {

// Box voting, chosen on 100 held-out training pictures of VOC 2007: 41.0 mAP without, 45.4 at 0.5,
// 46.9 at 0.4.
inline constexpr double kVoteIou = 0.4;

// What 'deeper train svm', 'softmax', 'heads' and 'features' are told.
struct HeadsArguments {
  // The best on held-out pictures is kept; none where features alone are wanted.
  std::vector<ClassifierKind> kinds;
  DataSource data;
  std::string backbone;
  std::string backbone_name = "GoogLeNet";
  std::string multibox;
  std::string output;
  std::string cache;
  int max_training_boxes = 0;
  std::string crop_mode = "warp";
  std::string norm = "unit";
  SvmTrainingOptions svm;
  SoftmaxTrainingOptions softmax;
  BoxRegressionTrainingOptions boxes;
  bool no_mirror = false;
  std::optional<double> vote_iou;
  std::optional<double> soft_sigma;
  bool no_box_regression = false;
  double holdout = 0;
  double context = 0;
  bool calibrate = false;
  bool quantize = false;
  bool self_contained = false;
  bool json = false;
  ProposalOptions proposals;
  ShardOptions shard;
  RunOptions run;

  explicit HeadsArguments(std::vector<ClassifierKind> trained);
  bool Trains(ClassifierKind kind) const;
  // SVMs are trained in shards of classes, features are extracted in shards of pictures.
  bool Shards() const { return kinds.empty() || kinds == std::vector{ClassifierKind::kSvm}; }
  // Kinds and suppressions are judged by held-out pictures, and the best is kept.
  bool Chooses() const { return kinds.size() > 1; }
};

// Reads the words into the arguments; false when help was asked for. Throws UsageError or Error for
// what does not go together or is out of range.
bool ParseHeads(const Arguments& words,
                Sources sources,
                CommandLine line,
                HeadsArguments& arguments);

}  // namespace deeper::tools
