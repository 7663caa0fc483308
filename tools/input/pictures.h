#pragma once

#include <string>
#include <vector>

#include "core/pictures/picture_files.h"

namespace deeper::tools {

// LookForPictures. Says on stderr what was passed over in directories.
std::vector<Picture> FindNamedPictures(const std::vector<std::string>& words,
                                       const LookOptions& options = {});

// A digest of the pictures' ids and canonical paths: other inputs, other text.
std::string InputsText(const std::vector<Picture>& pictures);
// A digest of the ids alone: the same wherever the pictures lie.
std::string IdsText(const std::vector<Picture>& pictures);

}  // namespace deeper::tools
