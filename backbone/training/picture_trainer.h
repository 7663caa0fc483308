#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "backbone/googlenet.h"
#include "backbone/kernels/region_pool.h"
#include "backbone/precision.h"
#include "backbone/tensor.h"
#include "backbone/training/solver.h"
#include "backbone/training/trainer.h"
#include "backbone/weights.h"

namespace deeper {

// Trains GoogLeNet over whole pictures and their regions, end to end (Girshick 2015, section 2.3):
// the trunk runs once a picture, RegionPool cuts each region out of its map, and what lies behind
// pool4 runs on each region. Gradients go the same way back, down to the frozen row.

struct PictureTrainerOptions {
  SolverOptions solver;
  std::string frozen = "stem";  // the last row that is not trained, at most inception_4d
  Precision precision = Precision::kF32;
  std::size_t outputs = 0;          // of a region that read its features, > 0
  std::size_t profile_outputs = 0;  // that read its profiles (ProfileHead); they stand behind
  std::size_t pictures = 2;         // a step, > 0
  std::size_t regions = 64;  // of a picture, at most, > 0; each picture's losses are divided by it
  std::size_t workers = 1;   // threads, > 0; each takes whole pictures
  std::filesystem::path checkpoint;  // where the state is kept; training goes on from there
  std::string recipe;                // what the training is, as text, for the checkpoint
};

// A picture with its regions.
struct PictureInput {
  Tensor picture;                              // (1, 3, height, width), mean subtracted
  std::vector<kernels::RegionWindow> windows;  // in its pixels; at least one
};

// Makes picture `picture` of the step, of the size that was said for it. Called from several
// threads, for different pictures; `worker` < workers tells the threads apart.
using FillPicture =
    std::function<void(std::size_t picture, std::size_t worker, PictureInput& input)>;

// Chooses the regions that are learned from, by their numbers among the windows, at most `regions`
// of them: given the scores of all windows (windows x all outputs). Called as FillPicture is.
using ChooseRegions =
    std::function<std::vector<std::size_t>(std::size_t picture, std::span<const float> scores)>;

// Returns the loss of a window, and replaces `gradient` by its derivatives with respect to the
// scores of all of its outputs. Called as FillPicture is.
using RegionLoss = std::function<double(std::size_t picture,
                                        std::size_t window,
                                        std::span<const float> scores,
                                        std::span<float> gradient)>;

// What a step learns from.
struct PictureBatch {
  std::vector<MapSize> sizes;  // one per picture
  FillPicture fill;
  ChooseRegions choose;  // empty: all windows, at most `regions`
  RegionLoss loss;
};

// Takes the scores of a picture's windows: windows x all outputs. Called as FillPicture is.
using TakePicture = std::function<void(std::size_t picture, std::span<const float> scores)>;

// The same seed, data and kind of processor give the same weights, bit for bit, stopped and resumed
// or not, with any number of workers: gradients are made a picture, and summed in their order. Not
// for several threads.
class PictureTrainer {
 public:
  // Goes on from the checkpoint if it is there, else begins with `weights`. new_blobs: names of
  // those that began at random. Throws Error when the checkpoint is of another training, and when
  // the processor cannot run the precision.
  PictureTrainer(Weights weights,
                 std::set<std::string> new_blobs,
                 const PictureTrainerOptions& options);
  PictureTrainer(const PictureTrainer&) = delete;
  PictureTrainer& operator=(const PictureTrainer&) = delete;
  ~PictureTrainer();

  // What such a trainer trains.
  static std::vector<Blob> TrainedBlobs(const std::string& frozen,
                                        std::size_t outputs,
                                        std::size_t profile_outputs = 0);

  const SolverState& state() const;

  // Does one step: computes the gradients of the pictures' mean loss, and hands them to the solver.
  // Throws Error when the training has diverged.
  StepReport RunStep(const PictureBatch& batch);

  // Runs pictures without learning, with the averages of the weights. `sizes`: one per picture.
  void Score(std::span<const MapSize> sizes, const FillPicture& fill, const TakePicture& take);

  void Save() const;

  // Bytes of the workers' buffers, for the sizes that they have met.
  std::size_t SizeBytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deeper
