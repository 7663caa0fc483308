#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "backbone/execution/quantization.h"
#include "backbone/weights.h"
#include "detector/model/model.h"

namespace deeper {
enum class DetectionMethod;  // detector/training/train_detector.h
}

namespace deeper::tools {

// The detector's file: `named` when it is not empty, else "voc-fast.safetensors", or beside it or
// further on "voc.safetensors", in the directories of
// $DEEPER_MODELS, in ./models, or beside this program (models/ or the directory itself when copied
// together, ../share/deeper/models when installed, models/ of the source tree when built there).
// Throws Error that lists where it looked.
std::filesystem::path FindModelFile(const std::string& named);

// The network of a detector: `named` when it is not empty, else what FindBackbone finds.
Weights BackboneOf(const Model& model,
                   const std::filesystem::path& model_path,
                   const std::string& named);

// What int8 needs of a backbone file or of a detector's own backbone; nothing where it has none.
std::optional<Quantization> QuantizationIn(const std::filesystem::path& path);

// A backbone file that the user names, or the one that lies in $DEEPER_MODELS or the models
// directory. For the verbs that have no detector to say which.
std::filesystem::path FindBackboneFile(const std::string& named);

// The file whose network a training begins from (ReadNetwork): what the user names, else the
// backbone file that FindBackboneFile finds, else a detector that comes with the program, of this
// method where it is there, which is said on stderr. Throws Error that lists where it looked.
std::filesystem::path FindStartingNetwork(const std::string& named, DetectionMethod method);

// The file of the names of the backbone's own classes: `named`, else "synset_words.txt" beside the
// backbone. Throws Error that says where to get it when it is missing.
std::filesystem::path FindLabels(const std::string& named, const std::filesystem::path& backbone);

// These names, one a line, an optional WordNet id before each. Throws Error when FindLabels does,
// or for other than `count` lines.
std::vector<std::string> ReadLabels(const std::string& named,
                                    const std::filesystem::path& backbone,
                                    std::size_t count);

}  // namespace deeper::tools
