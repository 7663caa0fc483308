#pragma once

#include <boost/program_options.hpp>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "detector/detector.h"
#include "tools/options/network_options.h"
#include "tools/options/restriction.h"

namespace deeper::tools {

// The options that name a detector and say how it runs, shared by the verbs that run one.
struct DetectorArguments {
  std::vector<std::string> models;  // files, or @LIST with one a line; none: the default model
  std::vector<double> weights;      // of the models' scores; none: equal ones
  std::string backbone;             // of the only model, where it is elsewhere
  std::string fusion = "scores";    // or "boxes": what of several models is joined
  double fusion_iou = DetectorOptions().fusion_iou;
  std::string short_sides;                 // of whole pictures, in pixels; several with commas
  bool mirror = false;                     // look at mirror images too
  int rounds = DetectorOptions().rounds;   // of scoring and moving
  std::optional<std::size_t> max_regions;  // of whole pictures; 0: all
  std::string propose_by = "search";       // or "map", "both"
  std::size_t exact = 0;                   // regions that models of crops score; 0: all
  bool no_multibox = false;                // keep to Selective Search
  MultiBoxViewsOption multibox_views;
  std::string feature_cache;  // a directory; "": features are not kept
  ProposalOptions proposals;
  RunOptions run;

  void AddOptions(boost::program_options::options_description& group);
  // When they are read.
  static std::vector<Restriction> Restrictions();
  // Throws UsageError for values out of range or that do not go together.
  void Check() const;
  // Says the detector's remarks on stderr. Throws UsageError for another number of weights than
  // models, and for options of several models where there is one; Error as Detector does.
  Detector Load() const;

 private:
  // Throws UsageError for what is no list of sizes.
  std::vector<PictureScale> Scales() const;
  // Throws UsageError for what is no name of them.
  Proposers WantedProposers() const;
};

// The files of the detectors that the words name, of the default one without words; a relative one
// in a list counts from the list's directory. Throws Error for a list without any, or no default.
std::vector<std::filesystem::path> ModelFiles(const std::vector<std::string>& words);

// Names of model files for people: "voc" of models/voc.safetensors; the whole path where several
// would have that name.
std::vector<std::string> ShortNames(const std::vector<std::filesystem::path>& files);

}  // namespace deeper::tools
