#pragma once

#include <string>
#include <vector>

#include "core/dataset.h"
#include "core/pictures/picture_files.h"
#include "core/pictures/read_image.h"
#include "detector/multibox/multibox_network.h"
#include "tools/options/network_options.h"

namespace deeper::tools {

struct CompareProposalsOptions {
  ProposalOptions proposals;  // of Selective Search
  ReadImageOptions reading;
  int workers = 1;
  std::string curve;  // an SVG to draw; "": none
  bool json = false;
};

// Makes proposals of the pictures in each way that Szegedy et al. 2014, section 8, compare: by
// Selective Search as R-CNN has it, by that of the options, by MultiBox, and by the last two
// together. Prints on stdout what each covers. Returns the exit status.
//
// `pictures` are those of `truth` in its order. Those that cannot be read are reported on stderr
// and have no proposals.
int CompareProposals(const Dataset& truth,
                     const std::vector<Picture>& pictures,
                     const MultiBoxNetwork& multibox,
                     const CompareProposalsOptions& options);

}  // namespace deeper::tools
