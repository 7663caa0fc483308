#pragma once

#include <boost/program_options.hpp>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/dataset.h"
#include "core/pictures/annotated_pictures.h"
#include "eval/formats/coco.h"
#include "eval/formats/reading/read_dataset.h"
#include "tools/options/exit_status.h"
#include "tools/options/restriction.h"

namespace deeper::tools {

// The options that name an annotated data set, shared by the verbs that read one.
struct DataSource {
  std::string data;  // "PATH" or "KIND:PATH": see AddOptions
  std::string set;   // voc: the list in ImageSets/Main, several joined with '+'; yolo, coco, ...:
                     // which of several sets
  std::string classes;  // voc: comma-separated names, in the order wanted; "" takes those in the
                        // annotations; yolo: the names of class numbers where no file has them
  bool rescale_boxes = false;  // of pictures that were annotated at another size
  std::string image_list;      // ilsvrc
  std::string class_list;
  std::string blacklist;
  bool set_names_results = false;  // the set is also in the names of the detections' files

  void AddOptions(boost::program_options::options_description& group);
  bool Given() const { return !data.empty(); }
  // For verbs that also work without a data set.
  static Restriction WithData();
  // Throws UsageError for an option that is given and not read of a data set of this kind. Kinds
  // are those of --data, and others, of which none is read. set_chose: --set was read already, to
  // choose one of several sets in a directory.
  void RefuseUnreadOf(const std::string& kind, bool set_chose = false) const;
  // "voc", "coco", ...: as --data says or as it is guessed.
  std::string Kind() const;
  // The metric by whose rules boxes are matched for people to see: the data set's own, else
  // "voc12".
  std::string MatchingMetric() const;
};

// A data set with what else its files said. Its pictures have met their annotations
// (core/pictures/annotated_pictures.h).
struct LoadedData {
  Dataset dataset;
  std::optional<CocoIds> coco_ids;             // of a COCO data set
  std::vector<std::string> unreadable_images;  // ids of pictures that were left out
  std::vector<TurnedPicture> turned = {};
  std::size_t outlines = 0;    // as in ReadDataset
  std::size_t mismatched = 0;  // pictures left out since their size is not the annotated one

  // What a verb ends with that did all else that it was asked.
  ExitStatus Status() const { return mismatched == 0 ? kDone : kSomeInputsFailed; }
};

// Reads the data set. Says on stderr what it was taken for, where that was guessed, how much was
// left out for each reason, and which pictures have another size than annotated. Throws UsageError
// for a malformed source, Error for files that are wrong.
LoadedData LoadData(const DataSource& source);

// The data set as its files have it: its pictures have not met their annotations, and nothing is
// said. Throws as LoadData does.
ReadDataset ReadData(const DataSource& source);

// Says on stderr what the data set is taken for, where that is guessed.
void SayLayout(const DataSource& source);

// The names of the sets that --set can choose of it; empty where there is one alone.
std::vector<std::string> SetsOf(const DataSource& source);

// The path and, behind a comma, the directory of pictures in `place`. Commas of either are told
// from the one between them by what is there.
std::pair<std::filesystem::path, std::optional<std::filesystem::path>> SplitPlace(
    const std::string& place);

// Says on stderr how many objects or files were left out for each reason, or were taken in a way to
// know of, with the first place of each.
void SayWarnings(const std::vector<Warning>& warnings);

}  // namespace deeper::tools
