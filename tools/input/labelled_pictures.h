#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "core/box.h"
#include "core/class_table.h"
#include "core/pictures/picture_files.h"
#include "tools/input/data_source.h"

namespace deeper::tools {

// The classes of a network, in the order of its outputs. The file `labels` has one per line,
// "[WordNet id ]synonym, synonym, ..."; where it is "", the file is "synset_words.txt" beside
// `backbone`. Throws Error as ReadLabels does.
ClassTable NetworkClasses(const std::string& labels,
                          const std::filesystem::path& backbone,
                          std::size_t count);

// The class of the network that a data set calls `name`, or nothing when there is none. A name is a
// WordNet id or begins with one ("n01440764_tench"), is a whole label or one of its synonyms.
// Letter case does not count, nor "_" for " ". Throws Error where two labels share the synonym.
std::optional<ClassId> NetworkClassOf(const ClassTable& network, const ClassInfo& name);

// A picture whose classes are known.
struct LabelledPicture {
  Picture picture;
  std::vector<std::size_t> labels;  // outputs of the network that are right, at least one
  // One per label where the data set has boxes, else none.
  std::vector<Box> boxes;
};

struct LabelledPictures {
  std::vector<LabelledPicture> pictures;
  std::size_t left_out = 0;  // pictures of no class that the network has
};

// Pictures of --data with what is right for them. `source.data` is one of
// - a directory with a folder of pictures for each class;
// - "list:FILE[,DIR]", lines "<picture file> <output from 0>", as Caffe reads them;
// - a data set of DataSource: every annotated class of a picture is right.
// Throws Error that names the nearest class for a class that the network does not have, unless
// `allow_unknown_classes` leaves it out. Throws Error when no picture is left.
LabelledPictures ReadLabelledPictures(const DataSource& source,
                                      const ClassTable& network,
                                      bool allow_unknown_classes);

}  // namespace deeper::tools
