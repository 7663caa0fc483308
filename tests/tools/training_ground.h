#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backbone/files/weight_files.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/coloured_data_set.h"
#include "tests/support/temporary_directory.h"
#include "tests/tools/run_verb.h"

namespace deeper::test {

// What a training verb needs: a small data set with the list "train", and a GoogLeNet with random
// weights, in a directory of their own.
struct TrainingGround {
  TemporaryDirectory directory;
  std::string data = "voc:" + WriteDataSet(directory / "data").string();
  std::string backbone = Path("random.safetensors");

  TrainingGround() { WriteBackboneWeights(RandomWeights(1), backbone); }

  std::string Path(const std::string& name) const { return (directory / name).string(); }

  // The words of a training in f32 on the data set and the network: "svm --output {} ..." as Words
  // of run_verb.h reads it.
  template <typename... Values>
  std::vector<std::string> TrainWords(std::string_view text, const Values&... values) const {
    return Words("train {} --data {} --set train --backbone {} --precision f32",
                 Words(text, values...),
                 data,
                 backbone);
  }

  // Runs it. Returns the exit status.
  template <typename... Values>
  int Train(std::string_view text, const Values&... values) const {
    return RunWords(TrainWords(text, values...));
  }
};

}  // namespace deeper::test
