#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/detection.h"
#include "eval/align.h"
#include "eval/formats/reading/labels.h"
#include "tools/input/data_source.h"

namespace deeper::tools {

// Whether detections are in VOC's format, which has the set in the names of its files. Throws Error
// for an unknown format, and for a path that is not there.
bool AreVocResults(const std::filesystem::path& path, const std::string& format);

// Reads the detections at `path` for the data set. format: its name; "" guesses it. Leaves out the
// detections of pictures that the data set left out as unreadable, and turns those of pictures that
// were annotated as stored and detected so too. Throws Error for what the readers refuse, and for
// any detection that they would leave out.
DetectionSet ReadDetections(const std::filesystem::path& path,
                            const std::string& format,
                            const LoadedData& truth,
                            const std::string& set);

// Reads detections that no data set is needed for. Pictures below `images` have the sizes that the
// file does not state. Says on stderr what was left out. Throws Error for formats that need one.
LabelledSet ReadDetectionsAlone(const std::filesystem::path& path,
                                const std::string& format,
                                const std::optional<std::filesystem::path>& images = std::nullopt);

// Which pictures count: all of the data set, or those that the detections have too.
enum class WhichPictures { kAll, kCommon };

// ReadDetections, aligned with the data set (eval/align.h). With kCommon the data set is cut to its
// pictures that have a result, which a format must tell from one without detections: UsageError
// otherwise. A picture whose detections state
// another size than the data set is left out of both, and counted as mismatched; with
// source.rescale_boxes its detections are scaled where the shape is the same. Says on stderr what
// was done.
AlignedDetections AlignedDetectionsAt(const std::filesystem::path& path,
                                      const std::string& format,
                                      const DataSource& source,
                                      UnknownClasses unknown,
                                      LoadedData& truth,
                                      WhichPictures which = WhichPictures::kAll);

}  // namespace deeper::tools
