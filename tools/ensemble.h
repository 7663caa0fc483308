#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/image.h"
#include "detector/model/model.h"
#include "detector/proposal_origin.h"
#include "detector/proposer.h"
#include "detector/region_scores.h"
#include "detector/regions/features.h"
#include "tools/options/network_options.h"

namespace deeper::tools {

struct EnsembleOptions {
  std::vector<std::string> models;  // files, or @LIST with one a line; none: the default model
  std::vector<double> weights;      // of the models' scores; none: equal ones
  std::string backbone;             // of the only model, where it is elsewhere
  std::string fusion = "scores";    // or "boxes": what of several models is joined
  double fusion_iou = 0.55;         // of boxes: those that overlap by more show one object
  bool no_multibox = false;         // keep to Selective Search
  MultiBoxViewsOption multibox_views;
  std::string feature_cache;  // a directory; "": features are not kept
  std::string inputs;         // the pictures (InputsText): kept features are of these alone
  ProposalOptions proposals;
  RunOptions run;

  void AddOptions(boost::program_options::options_description& group);
  // Throws UsageError for values out of range or that do not go together.
  void Check() const;
};

// The files of the detectors that the words name, of the default one without words; a relative one
// in a list counts from the list's directory. Throws Error for a list without any, or no default.
std::vector<std::filesystem::path> ModelFiles(const std::vector<std::string>& words);

// Names of model files for people: "voc" of models/voc.safetensors; the whole path where several
// would have that name.
std::vector<std::string> ShortNames(const std::vector<std::string>& files);

// Detectors with their networks, loaded and ready, that score the same regions; often only one. The
// first says how proposals are made and suppressed. Safe from several threads.
class Ensemble {
 public:
  // Throws Error naming the file for models that cannot be read, whose classes are not those of the
  // first, or of which some are calibrated and some are not: their scores have no mean.
  explicit Ensemble(const EnsembleOptions& options);
  Ensemble(Ensemble&&) noexcept;
  ~Ensemble();

  const Model& first() const { return model(0); }
  const Model& model(std::size_t number) const;
  std::size_t size() const;
  // One a model.
  const std::vector<double>& weights() const { return weights_; }
  const std::vector<std::string>& files() const { return files_; }
  // Whether the models' own detections are joined, and from which overlap on, rather than scores.
  bool fuses_boxes() const { return fuses_boxes_; }
  double fusion_iou() const { return fusion_iou_; }

  // What every model makes of the regions of a picture, and the regions.
  struct Scored {
    std::vector<Box> boxes;
    // Who proposed each; empty where there is no MultiBox, or where kept features were taken.
    std::vector<ProposalOrigin> origins;
    std::vector<RegionScores> by_model;
  };
  // Proposes regions and scores them with every model. Adds to `times`.
  Scored Score(const std::string& picture_id,
               const Image& image,
               bool box_regression,
               StageTimes& times);

  // Proposes regions of a picture, scores them with every model, and joins either the scores of
  // each region, to be suppressed together, or the models' own detections (FuseBoxes). Adds to
  // `times` and `proposals`.
  std::vector<Detection> Detect(const std::string& picture_id,
                                const Image& image,
                                const DetectOptions& options,
                                StageTimes& times,
                                std::size_t& proposals);

  // The side of a decoded picture that no crop needs more of, where there is one; see
  // SideThatCropsNeed.
  std::optional<int> SideThatCropsNeed() const;

  // All that the scores depend on, as text.
  std::string Configuration() const;

 private:
  struct Member;
  struct Family;

  std::vector<std::unique_ptr<Member>> members_;
  std::vector<Family> families_;  // a model is in one of them
  std::vector<double> weights_;
  std::vector<std::string> files_;
  std::optional<Proposer> proposer_;  // the first model's
  bool fuses_boxes_;
  double fusion_iou_;
};

}  // namespace deeper::tools
