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

// The classes of a network, in the order of its outputs: "[WordNet id ]synonym, synonym, ..." one a
// line in `labels`, or in "synset_words.txt" beside `backbone` where that is empty. Throws Error as
// ReadLabels does.
ClassTable NetworkClasses(const std::string& labels,
                          const std::filesystem::path& backbone,
                          std::size_t count);

// The class of the network that a data set calls `name`: by WordNet id (also one that the name
// begins with, "n01440764_tench"), by all of its label, or by one of its synonyms, letter case and
// "_" for " " aside. Nothing when there is none; throws Error where two labels share the synonym.
std::optional<ClassId> NetworkClassOf(const ClassTable& network, const ClassInfo& name);

// A picture whose classes are known.
struct LabelledPicture {
  Picture picture;
  std::vector<std::size_t> labels;  // outputs of the network that are right, at least one
  // One a label, where the data set has boxes; else empty.
  std::vector<Box> boxes;
};

struct LabelledPictures {
  std::vector<LabelledPicture> pictures;
  std::size_t left_out = 0;  // pictures of no class that the network has
};

// Pictures of --data with what is right for them. `source.data` is a directory with a folder of
// pictures for each class, "list:FILE[,DIR]" (lines "<picture file> <output from 0>", as Caffe
// reads them), or a data set of DataSource, of which every annotated class of a picture is right.
// Throws Error for a class that the network does not have, naming the nearest, unless
// `allow_unknown_classes`, and when no picture is left.
LabelledPictures ReadLabelledPictures(const DataSource& source,
                                      const ClassTable& network,
                                      bool allow_unknown_classes);

}  // namespace deeper::tools
