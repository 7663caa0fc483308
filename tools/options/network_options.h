#pragma once

#include <boost/program_options.hpp>
#include <optional>
#include <string>

#include "backbone/network.h"
#include "detector/multibox/multibox_views.h"
#include "proposals/selective_search.h"

namespace deeper::tools {

// Options of the network and the workers, shared by the verbs that run it.
struct RunOptions {
  std::string precision = "auto";
  int workers = 0;  // 0: one for each processor

  void AddOptions(boost::program_options::options_description& group);
  // Throws UsageError; fills in the number of workers.
  void Check();
  // For a network with this quantization; "auto" is int8 with one, bf16 without. A precision that
  // the processor does not run is replaced by the fastest that it does, which is said on stderr.
  NetworkOptions ForNetwork(const std::optional<Quantization>& quantization) const;
  // For a MultiBox's network, which has no int8; "auto" is the fastest that there is, unsaid.
  Precision ForMultiBox() const;
};

// Options of the proposals, shared by the verbs that make them. What is not given keeps `defaults`.
struct ProposalOptions {
  std::string preset;          // "", "fast", "quality", "x2"
  std::string implementation;  // "", "ours", "opencv"
  std::optional<double> max_iou;
  std::optional<int> max_boxes;

  void AddOptions(boost::program_options::options_description& group);
  // Throws UsageError for an unknown name or a value out of range.
  SelectiveSearchOptions Over(SelectiveSearchOptions defaults) const;
};

// What a MultiBox looks at, shared by the verbs that propose with one.
struct MultiBoxViewsOption {
  std::string name = "parts";

  void AddOptions(boost::program_options::options_description& group);
  // Throws UsageError for an unknown name.
  MultiBoxViews Views() const;
};

// The proposals of detection when nobody says otherwise: x2 superpixels without near-duplicates
// (IoU > 0.9), which drops a fifth of the boxes and under a hundredth of the recall.
SelectiveSearchOptions DefaultProposals();

// One line that says how proposals are made, for recipes and logs: equal for equal options.
std::string SearchText(const SelectiveSearchOptions& options);

}  // namespace deeper::tools
