#include "detector/training/train_multibox.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "backbone/rows.h"
#include "backbone/training/network_training.h"
#include "backbone/training/training_run.h"
#include "core/error.h"
#include "core/files/sha256.h"
#include "core/random.h"
#include "core/text/quantities.h"
#include "detector/examples/data_content.h"
#include "detector/examples/data_split.h"
#include "detector/examples/epoch_sampler.h"
#include "detector/examples/network_inputs.h"
#include "detector/examples/picture_store.h"
#include "detector/multibox/multibox_file.h"
#include "detector/multibox/multibox_network.h"
#include "detector/multibox/multibox_priors.h"
#include "detector/regions/crop.h"
#include "detector/training/chosen_precision.h"

namespace deeper {

namespace {

// A picture, and the objects to be found in it.
struct TrainingPicture {
  std::size_t image = 0;  // in the data set
  int width = 0;          // as decoded
  int height = 0;
  std::vector<Box> objects;
};

struct Pictures {
  std::vector<TrainingPicture> training;
  std::vector<TrainingPicture> held_out;
};

std::vector<Box> ObjectsOf(const AnnotatedImage& image) {
  std::vector<Box> boxes;
  for (const Annotation& annotation : image.annotations) {
    if (!annotation.crowd) boxes.push_back(annotation.box);
  }
  return boxes;
}

// Decodes every picture once. Those that cannot be read are reported and left out.
Pictures ReadPictures(const Dataset& dataset,
                      const PictureStore& store,
                      double held_out_fraction,
                      int workers,
                      const Monitor& monitor) {
  std::vector<std::optional<TrainingPicture>> read(dataset.images.size());
  ForEachOrSkip(
      monitor, "reading", "pictures", read.size(), read.size(), workers, [&](std::size_t i) {
        const auto picture = store.Get(i);
        read[i] = {.image = i,
                   .width = picture->width,
                   .height = picture->height,
                   .objects = ObjectsOf(dataset.images[i])};
      });
  Pictures pictures;
  const Holdout holdout(dataset, held_out_fraction);
  for (std::size_t i = 0; i < read.size(); ++i) {
    if (!read[i]) continue;
    const bool is_held_out = holdout.Contains(dataset.images[i].id);
    (is_held_out ? pictures.held_out : pictures.training).push_back(*std::move(read[i]));
  }
  return pictures;
}

// The true boxes of the pictures and of their mirror images, if these are trained on.
std::vector<UnitBox> TrueBoxes(const std::vector<TrainingPicture>& pictures, bool mirror) {
  std::vector<UnitBox> boxes;
  for (const TrainingPicture& picture : pictures) {
    const MultiBoxExample whole =
        WholePicture(picture.width, picture.height, picture.objects, picture.objects.size());
    for (const UnitBox& box : whole.truth) {
      boxes.push_back(box);
      if (mirror) boxes.push_back({1 - box[2], box[1], 1 - box[0], box[3]});
    }
  }
  return boxes;
}

// Sets the biases of the logits so that confidences begin at the share of boxes that are matched.
// Otherwise training would first have to unlearn that every box is an object with probability one
// half.
void BeginAtRareConfidence(std::size_t boxes, double objects_a_picture, Tensor& bias) {
  const double share = std::clamp(objects_a_picture / static_cast<double>(boxes), 1e-4, 0.5);
  for (std::size_t i = 0; i < boxes; ++i)
    bias.data[4 * boxes + i] = static_cast<float>(std::log(share / (1 - share)));
}

// Whether the blob belongs to a layer that names classes, which proposing does not need.
bool IsOfClassifier(const std::string& blob) {
  return blob.starts_with(kClassifierName) ||
         std::ranges::any_of(kAuxiliaryHeads, [&](const auto& head) {
           return blob.starts_with(std::string(head.name) + "/");
         });
}

// The learned weights, averaged if they are, in half the bytes.
MultiBox TrainedMultiBox(const std::vector<MultiBoxPrior>& priors, const SolverState& state) {
  MultiBox multibox = {.priors = priors, .weights = {}};
  for (const auto& [name, blob] : state.weights) {
    if (!IsOfClassifier(name)) multibox.weights[name] = LearnedBlob(state, name);
  }
  return RoundedToBf16(std::move(multibox));
}

std::string RecipeText(const MultiBoxTrainingOptions& options,
                       const Dataset& dataset,
                       const std::vector<TrainingPicture>& pictures,
                       const std::vector<MultiBoxPrior>& priors,
                       const std::string& backbone_fingerprint,
                       const std::string& content) {
  Sha256 hash;
  for (const TrainingPicture& picture : pictures) {
    hash.Update(dataset.images[picture.image].id + "\n");
    for (const Box& box : picture.objects)
      hash.Update(fmt::format("{} {} {} {}\n", box.x0, box.y0, box.x1, box.y1));
  }
  for (const MultiBoxPrior& prior : priors) {
    hash.Update(
        fmt::format("{} {}\n", fmt::join(prior.mean, " "), fmt::join(prior.deviation, " ")));
  }
  return fmt::format(
      "training multibox\nnetwork {}\nboxes {}\ntraining_regions {}\nlocation_weight {}\n"
      "distance {}\nmatching {}\nbatch {}\nwhole {}\nmin_side {}\nmin_visible {}\nno_mirror {}\n{}",
      backbone_fingerprint,
      priors.size(),
      hash.HexDigest(),
      options.loss.location_weight,
      NameOf(options.loss.distance),
      NameOf(options.loss.matching),
      options.batch,
      options.augment.whole,
      options.augment.min_side,
      options.augment.min_visible,
      options.augment.mirror ? "no" : "yes",
      content);
}

// Draws parts of pictures as inputs of the network. Safe from several threads.
struct PartInputs {
  const PictureStore& store;
  CropOptions crop;
  NetworkInputs& inputs;

  void Make(std::size_t image,
            const MultiBoxExample& example,
            std::size_t worker,
            std::span<std::byte> input) const {
    inputs.Make(worker, input, [&](std::span<float> crop_chw) {
      Crop(*store.Get(image), example.part, crop, crop_chw);
      if (example.mirrored) MirrorCrop(crop_chw);
    });
  }
};

// Whole held-out pictures, and how good the boxes proposed for them are.
class HeldOutPictures {
 public:
  HeldOutPictures(const Dataset& dataset,
                  const std::vector<TrainingPicture>& pictures,
                  const std::vector<MultiBoxPrior>& priors,
                  const MultiBoxLossOptions& loss)
      : pictures_(&pictures), priors_(&priors), loss_(loss) {
    dataset_.classes = dataset.classes;
    for (const TrainingPicture& picture : pictures)
      dataset_.images.push_back(dataset.images[picture.image]);
  }

  std::map<std::string, double> Run(Trainer& trainer, const PartInputs& inputs) const {
    std::vector<MultiBoxExample> examples;
    for (const TrainingPicture& picture : *pictures_) examples.push_back(ExampleOf(picture));
    std::vector<std::vector<Proposal>> proposals;
    double loss = 0;
    trainer.Score(
        Trainer::Which::kAverages,
        examples.size(),
        [&](std::size_t example, std::size_t worker, std::span<std::byte> input) {
          inputs.Make((*pictures_)[example].image, examples[example], worker, input);
        },
        [&](std::size_t example, std::span<const float> outputs) {
          std::vector<float> unused(outputs.size());
          loss += MultiBoxLoss(*priors_, examples[example].truth, loss_, outputs, unused);
          proposals.push_back(ProposalsOf((*pictures_)[example], outputs));
        });
    const ProposalQuality quality = EvaluateProposals(dataset_, proposals);
    return {{"loss", loss / static_cast<double>(examples.size())},
            {"recall_50", quality.recall_50},
            {"average_recall", quality.average_recall}};
  }

  // Of the priors as they are, before anything is learned.
  ProposalQuality OfPriors() const {
    const std::vector<float> outputs(MultiBoxOutputs(priors_->size()));
    std::vector<std::vector<Proposal>> proposals;
    for (const TrainingPicture& picture : *pictures_)
      proposals.push_back(ProposalsOf(picture, outputs));
    return EvaluateProposals(dataset_, proposals);
  }

 private:
  MultiBoxExample ExampleOf(const TrainingPicture& picture) const {
    return WholePicture(picture.width, picture.height, picture.objects, priors_->size());
  }
  std::vector<Proposal> ProposalsOf(const TrainingPicture& picture,
                                    std::span<const float> outputs) const {
    return MultiBoxProposals(DecodeMultiBox(*priors_, outputs), picture.width, picture.height);
  }

  const std::vector<TrainingPicture>* pictures_;
  const std::vector<MultiBoxPrior>* priors_;
  MultiBoxLossOptions loss_;
  Dataset dataset_;  // of the held-out pictures alone
};

}  // namespace

void MultiBoxTrainingOptions::Validate() const {
  RequireInRange("boxes", static_cast<double>(boxes), 1, 10'000);
  RequireInRange("batch", static_cast<double>(batch), 1, 65536);
  RequireInRange("holdout", holdout, 0, 0.9);
  RequireInRange("picture_memory_gb", picture_memory_gb, 0, 1e6);
  loss.Validate();
  augment.Validate();
  training.Validate();
}

MultiBoxReport TrainMultiBox(const Dataset& dataset,
                             Weights backbone,
                             const MultiBoxTrainingOptions& options,
                             const Monitor& monitor) {
  options.Validate();
  const NetworkTrainingOptions& training = options.training;
  MultiBoxReport report;
  const PictureStore store(
      dataset, static_cast<std::uint64_t>(options.picture_memory_gb * 1e9), options.reading);
  const Pictures pictures =
      ReadPictures(dataset, store, options.holdout, training.workers, monitor);
  report.training_pictures = pictures.training.size();
  report.held_out_pictures = pictures.held_out.size();
  const std::string content = ContentText(dataset, options.reading, training.workers, monitor);
  if (monitor.stop_asked()) return report;
  if (pictures.training.empty()) throw Error("no picture is left to train on");
  const std::vector<UnitBox> true_boxes = TrueBoxes(pictures.training, options.augment.mirror);
  const std::vector<MultiBoxPrior> priors =
      options.priors.empty()
          ? LearnMultiBoxPriors(true_boxes, options.boxes, training.seed, options.loss.distance)
          : options.priors;

  const Precision precision = MultiBoxPrecisionFor(training.precision, monitor);
  const double views = options.augment.mirror ? 2 : 1;
  const double objects_a_picture = static_cast<double>(true_boxes.size()) / views /
                                   static_cast<double>(pictures.training.size());
  const std::string recipe =
      RecipeText(options, dataset, pictures.training, priors, FingerprintOf(backbone), content);
  NetworkTraining network(
      {.weights = std::move(backbone),
       .precision = precision,
       .outputs = MultiBoxOutputs(priors.size()),
       .batch = options.batch,
       .recipe = recipe,
       .adjust =
           [&](Weights& weights) {
             BeginAtRareConfidence(
                 priors.size(), objects_a_picture, weights.at(BiasName(MapHeadClassifierName())));
           }},
      training);
  monitor.say(fmt::format(
      "{}; {} to train on, {} held out; {:.1f} steps an epoch",
      Counted(priors.size(), "boxes"),
      Counted(pictures.training.size(), "pictures"),
      pictures.held_out.size(),
      static_cast<double>(pictures.training.size()) / static_cast<double>(options.batch)));

  NetworkInputs network_inputs(network.frozen(), static_cast<std::size_t>(training.workers));
  const PartInputs inputs{
      .store = store, .crop = MultiBoxCrop(MultiBox().mean_bgr), .inputs = network_inputs};
  EpochSampler sampler(pictures.training.size(), options.batch, training.seed);
  std::vector<std::size_t> batch;
  std::vector<MultiBoxExample> examples;
  TrainingTask task = {
      .what = "training",
      .begin_batch =
          [&](std::uint64_t step) {
            batch = sampler.Batch(step);
            examples.clear();
            Random random(training.seed ^ Random(~step).Next());
            for (const std::size_t i : batch) {
              const TrainingPicture& picture = pictures.training[i];
              examples.push_back(DrawMultiBoxExample(picture.width,
                                                     picture.height,
                                                     picture.objects,
                                                     priors.size(),
                                                     options.augment,
                                                     random.Next()));
            }
          },
      .fill =
          [&](std::size_t example, std::size_t worker, std::span<std::byte> input) {
            inputs.Make(pictures.training[batch[example]].image, examples[example], worker, input);
          },
      .loss =
          [&](std::size_t example, std::span<const float> outputs, std::span<float> gradient) {
            return MultiBoxLoss(priors, examples[example].truth, options.loss, outputs, gradient);
          },
      .validate = {}};
  const HeldOutPictures held_out(dataset, pictures.held_out, priors, options.loss);
  if (!pictures.held_out.empty()) {
    report.priors_alone = held_out.OfPriors();
    monitor.say(fmt::format("the priors alone: recall_50 {:.4f}, average_recall {:.4f}",
                            report.priors_alone->recall_50,
                            report.priors_alone->average_recall));
    task.validate = [&](Trainer& trained) { return held_out.Run(trained, inputs); };
  }
  report.figures = RunTraining(network.trainer(), training, task, monitor);
  report.finished = report.figures.finished;
  report.goes_on_from = training.CheckpointPath();
  if (report.finished) report.multibox = TrainedMultiBox(priors, network.trainer().state());
  return report;
}

}  // namespace deeper
