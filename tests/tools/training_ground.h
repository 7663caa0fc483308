#pragma once

#include <string>
#include <utility>
#include <vector>

#include "backbone/files/weight_files.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/temporary_directory.h"
#include "tests/tools/coloured_data_set.h"

namespace deeper::test {

// What a verb of training needs: a small data set with the list "train" and a GoogLeNet with random
// weights, in a directory of their own.
struct TrainingGround {
  TemporaryDirectory directory;
  std::string data = "voc:" + WriteDataSet(directory / "data").string();
  std::string backbone = Path("random.safetensors");

  TrainingGround() { WriteBackboneWeights(RandomWeights(1), backbone); }

  std::string Path(const std::string& name) const { return (directory / name).string(); }

  // The words of a training in f32 that writes `output`, a path, followed by more.
  std::vector<std::string> Words(const std::string& verb,
                                 const std::string& output,
                                 const std::vector<std::string>& more) const {
    std::vector<std::string> words = {verb,
                                      "--data",
                                      data,
                                      "--set",
                                      "train",
                                      "--backbone",
                                      backbone,
                                      "--output",
                                      output,
                                      "--precision",
                                      "f32"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

}  // namespace deeper::test
