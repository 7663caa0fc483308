#include "tools/train/multibox.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "backbone/execution/frozen_part.h"
#include "backbone/files/weight_files.h"
#include "backbone/training/trainer.h"
#include "core/error.h"
#include "core/files/sha256.h"
#include "core/random.h"
#include "detector/examples/data_split.h"
#include "detector/model/model.h"
#include "detector/multibox/multibox.h"
#include "detector/multibox/multibox_examples.h"
#include "detector/multibox/multibox_file.h"
#include "detector/multibox/multibox_network.h"
#include "detector/regions/crop.h"
#include "eval/analysis/proposal_recall.h"
#include "tools/class_folders.h"
#include "tools/input/data_source.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/find_model.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/parallel.h"
#include "tools/run/progress.h"
#include "tools/run/stop_signal.h"
#include "tools/train/training_json.h"
#include "tools/training_inputs.h"
#include "tools/training_pictures.h"
#include "tools/training_run.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

struct MultiBoxArguments {
  DataSource data;
  std::string backbone;
  std::string into;
  std::size_t boxes = 200;
  std::string priors;
  std::size_t batch = 32;
  std::string matching;
  std::string distance;
  MultiBoxLossOptions loss;
  MultiBoxAugmentOptions augment;
  bool no_mirror = false;
  double holdout = 0;
  double picture_memory_gb = 2;
  TrainingArguments training;

  MultiBoxArguments() {
    matching = NameOf(loss.matching);
    distance = NameOf(loss.distance);
    training.plan = {.frozen = "inception_4e",
                     .auxiliary_heads = false,
                     .dropout = 0.2,
                     .main_head = MainHead::kMap};
    training.schedule = "poly";
    training.steps = 4000;
  }
};

bool ParseMultiBox(const Arguments& words, Sources sources, MultiBoxArguments& a) {
  CommandLine line(
      "train multibox",
      "Trains a network that proposes boxes of any class for a whole picture (Erhan et al. 2014), "
      "to join those of Selective Search.",
      {"deeper train multibox --data voc:my-pictures --set train --output boxes.safetensors",
       "deeper train multibox --data voc:my-pictures --set train --backbone mine.safetensors "
       "--into mine.safetensors --output boxes.safetensors",
       "deeper propose --multibox boxes.safetensors --data voc:my-pictures --set test"});
  // clang-format off
  a.data.AddOptions(line.Group("Data"));
  auto& model = line.Group("Model");
  model.add_options()
      ("output", po::value(&a.training.output)->required()->value_name("FILE"), "the MultiBox to write; beside it FILE.checkpoint, from which a stopped training goes on, FILE.log.jsonl and FILE.svg, its curves")
      ("into", po::value(&a.into)->value_name("MODEL"), "a detector that gets the MultiBox too; detection with it then joins its boxes to those of Selective Search")
      ("backbone", po::value(&a.backbone)->value_name("FILE"), "GoogLeNet's weights to begin with, .caffemodel or .safetensors; with those of the detector itself the frozen layers are stored once; default: looked for in $DEEPER_MODELS and models/");
  AddJsonOption(model, a.training.json);
  a.training.AddNetworkOptions(line.Group("Network"));
  line.Group("Boxes").add_options()
      ("boxes", po::value(&a.boxes)->default_value(a.boxes)->value_name("K"), "boxes a picture")
      ("priors", po::value(&a.priors)->value_name("FILE"), "where they are before training, in the format of Google's MultiBox, instead of k-means of the training boxes")
      ("location-weight", po::value(&a.loss.location_weight)->default_value(a.loss.location_weight)->value_name("A"), "of a box's squared distance to its object, against its confidence")
      ("distance", po::value(&a.distance)->default_value(a.distance)->value_name("WHAT"), "squared distances count as they are (absolute) or divided by the root of the object's area (relative), so that small objects are met more closely; also for the priors")
      ("matching", po::value(&a.matching)->default_value(a.matching)->value_name("WHAT"), "objects take the nearest priors, each one of its own, or predictions: those that make the loss least");
  line.Group("Examples").add_options()
      ("batch", po::value(&a.batch)->default_value(a.batch)->value_name("N"), "pictures a step")
      ("whole", po::value(&a.augment.whole)->default_value(a.augment.whole)->value_name("F"), "share of examples that are whole pictures; the others are crops")
      ("min-side", po::value(&a.augment.min_side)->default_value(a.augment.min_side)->value_name("F"), "smallest part of a picture's side in a crop")
      ("no-mirror", po::bool_switch(&a.no_mirror), "do not mirror examples at random")
      ("holdout", po::value(&a.holdout)->default_value(a.holdout)->value_name("F"), "keep this fraction of the pictures out of training and measure recall on them")
      ("picture-memory", po::value(&a.picture_memory_gb)->default_value(a.picture_memory_gb)->value_name("GB"), "for decoded pictures; those that do not fit are decoded each time");
  a.training.AddTrainingOptions(line.Group("Training"));
  a.training.run.AddOptions(line.Group("Work"));
  // clang-format on
  if (!line.Parse(words, sources)) return false;
  if (!a.data.Given()) throw UsageError("expected --data, an annotated data set");
  if (!a.priors.empty() && line.Given("boxes"))
    throw UsageError("--boxes and --priors exclude one another: the file says how many boxes");
  CheckRange("boxes", static_cast<double>(a.boxes), 1, 10'000);
  CheckRange("batch", static_cast<double>(a.batch), 1, 65536);
  CheckRange("holdout", a.holdout, 0, 0.9);
  CheckRange("picture-memory", a.picture_memory_gb, 0, 1e6);
  a.loss.matching = ValueOf("matching", [&] { return MultiBoxMatchingFromName(a.matching); });
  a.loss.distance = ValueOf("distance", [&] { return MultiBoxDistanceFromName(a.distance); });
  a.augment.mirror = !a.no_mirror;
  a.loss.Validate();
  a.augment.Validate();
  a.training.Check();
  return true;
}

// A picture with what is to be found in it.
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

// Decodes every picture once: those that cannot be read are reported and left out.
Pictures ReadPictures(const Dataset& dataset,
                      const PictureStore& store,
                      double holdout,
                      int workers) {
  struct Read {
    TrainingPicture picture;
    std::string error;
  };
  Pictures pictures;
  ProgressLine progress("reading", "pictures", dataset.images.size());
  ForEachInOrder<Read>(
      dataset.images.size(),
      workers,
      [&](std::size_t i) -> Read {
        try {
          const auto picture = store.Get(i);
          return {.picture = {.image = i,
                              .width = picture->width,
                              .height = picture->height,
                              .objects = ObjectsOf(dataset.images[i])},
                  .error = {}};
        } catch (const Error& error) {
          return {.picture = {}, .error = error.what()};
        }
      },
      [&](std::size_t i, Read read) {
        progress.Advance();
        if (!read.error.empty()) {
          progress.Say("skipped: " + read.error);
          return;
        }
        const bool is_held_out = IsHeldOut(dataset.images[i].id, holdout);
        (is_held_out ? pictures.held_out : pictures.training).push_back(std::move(read.picture));
      });
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

// Sets the logits' biases to the share of boxes that are matched, so that training does not begin
// with unlearning that every box is one half of an object.
void BeginAtRareConfidence(std::size_t boxes, double objects_a_picture, Tensor& bias) {
  const double share = std::clamp(objects_a_picture / static_cast<double>(boxes), 1e-4, 0.5);
  for (std::size_t i = 0; i < boxes; ++i)
    bias.data[4 * boxes + i] = static_cast<float>(std::log(share / (1 - share)));
}

// Whether the blob is of a layer that names classes, which proposing has no use for.
bool IsOfClassifier(const std::string& blob) {
  return blob.starts_with(kClassifierName) ||
         std::ranges::any_of(kAuxiliaryHeads, [&](const auto& head) {
           return blob.starts_with(std::string(head.name) + "/");
         });
}

// What was learned, averaged where it is, in half the bytes.
MultiBox TrainedMultiBox(const std::vector<MultiBoxPrior>& priors, const SolverState& state) {
  MultiBox multibox = {.priors = priors, .weights = {}};
  for (const auto& [name, blob] : state.weights) {
    if (IsOfClassifier(name)) continue;
    const auto average = state.averages.find(name);
    multibox.weights[name] = average != state.averages.end() ? average->second : blob;
  }
  return RoundedToBf16(std::move(multibox));
}

std::string RecipeText(const MultiBoxArguments& arguments,
                       const Dataset& dataset,
                       const std::vector<TrainingPicture>& pictures,
                       const std::vector<MultiBoxPrior>& priors,
                       const std::string& backbone_fingerprint) {
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
             "multibox\nbackbone {}\nboxes {}\npictures and priors {}\nlocation weight {}\n"
             "distance {} matching {}\nbatch {}\nwhole {} min side {} min visible {} mirror {}\n",
             backbone_fingerprint,
             priors.size(),
             hash.HexDigest(),
             arguments.loss.location_weight,
             NameOf(arguments.loss.distance),
             NameOf(arguments.loss.matching),
             arguments.batch,
             arguments.augment.whole,
             arguments.augment.min_side,
             arguments.augment.min_visible,
             arguments.augment.mirror) +
         arguments.training.Text();
}

// Whole held-out pictures, and what their boxes are worth.
class Validation {
 public:
  Validation(const Dataset& dataset,
             const std::vector<TrainingPicture>& pictures,
             const std::vector<MultiBoxPrior>& priors,
             const MultiBoxLossOptions& loss)
      : pictures_(&pictures), priors_(&priors), loss_(loss) {
    dataset_.classes = dataset.classes;
    for (const TrainingPicture& picture : pictures)
      dataset_.images.push_back(dataset.images[picture.image]);
  }

  std::map<std::string, double> Run(Trainer& trainer, TrainingInputs& inputs) const {
    std::vector<MultiBoxExample> examples;
    for (const TrainingPicture& picture : *pictures_) examples.push_back(ExampleOf(picture));
    std::vector<std::vector<Proposal>> proposals;
    double loss = 0;
    trainer.Score(
        Trainer::Which::kAverages,
        examples.size(),
        [&](std::size_t example, std::size_t worker, std::span<std::byte> input) {
          inputs.Make((*pictures_)[example].image,
                      examples[example].part,
                      /*mirrored=*/false,
                      worker,
                      input);
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

std::string OutcomeJson(const MultiBoxArguments& arguments,
                        const Pictures& pictures,
                        std::size_t boxes,
                        const std::optional<ProposalQuality>& priors,
                        const TrainingFigures& figures) {
  nlohmann::ordered_json json = {
      {"training", "multibox"},
      {"output", arguments.training.output},
      {"into", arguments.into},
      {"boxes", boxes},
      {"pictures",
       {{"training", pictures.training.size()}, {"held_out", pictures.held_out.size()}}}};
  if (priors) {
    json["priors"] = {{"recall_50", priors->recall_50}, {"average_recall", priors->average_recall}};
  }
  AddFigures(figures, json);
  return LineOf(json);
}

// Gives a detector's file this MultiBox, as small as it gets beside the detector's network.
void PutInto(const std::string& model_path, const MultiBox& multibox) {
  Model model = LoadModel(model_path);
  model.multibox = RoundedBeside(model.backbone.value_or(Weights{}), multibox);
  SaveModel(model, model_path);
  fmt::print(stderr, "{}: has the MultiBox now\n", model_path);
}

TrainingOutcome Train(const Arguments& words, Sources sources) {
  MultiBoxArguments arguments;
  if (!ParseMultiBox(words, sources, arguments)) return {};
  TrainingArguments& training = arguments.training;
  if (!arguments.into.empty()) LoadModel(arguments.into);  // rather now than after the training

  const Dataset dataset = ReadDataSource(arguments.data);
  Weights weights = ReadBackboneWeights(FindBackboneFile(arguments.backbone));
  const PictureStore store(dataset, static_cast<std::uint64_t>(arguments.picture_memory_gb * 1e9));
  const Pictures pictures = ReadPictures(dataset, store, arguments.holdout, training.run.workers);
  if (StopAsked()) return {.status = StopStatus(), .json = {}};
  if (pictures.training.empty()) throw Error("no picture is left to train on");
  const std::vector<UnitBox> true_boxes = TrueBoxes(pictures.training, arguments.augment.mirror);
  const std::vector<MultiBoxPrior> priors =
      arguments.priors.empty()
          ? LearnMultiBoxPriors(true_boxes, arguments.boxes, training.seed, arguments.loss.distance)
          : ReadMultiBoxPriors(arguments.priors);

  const std::string began_with = FingerprintOf(weights);
  const Precision precision = training.run.ForMultiBox();
  const FrozenPart frozen(weights, precision, training.plan.frozen);
  TrainingNetwork network({.plan = training.plan,
                           .precision = precision,
                           .outputs = MultiBoxOutputs(priors.size()),
                           .micro_batch = training.micro_batch});
  const std::vector<std::string> added = AddMissingBlobs(network.blobs(), training.seed, weights);
  const double views = arguments.augment.mirror ? 2 : 1;
  BeginAtRareConfidence(priors.size(),
                        static_cast<double>(true_boxes.size()) / views /
                            static_cast<double>(pictures.training.size()),
                        weights.at(BiasName(MapHeadClassifierName())));
  const auto workers = static_cast<std::size_t>(training.run.workers);
  Trainer trainer(
      network,
      std::move(weights),
      {added.begin(), added.end()},
      {.solver = training.solver,
       .batch = arguments.batch,
       .workers = workers,
       .seed = training.seed,
       .checkpoint = training.CheckpointPath(),
       .recipe = RecipeText(arguments, dataset, pictures.training, priors, began_with)});
  fmt::print(stderr,
             "{} boxes; {} pictures to train on, {} held out; {:.1f} steps an epoch\n",
             priors.size(),
             pictures.training.size(),
             pictures.held_out.size(),
             static_cast<double>(pictures.training.size()) / static_cast<double>(arguments.batch));

  TrainingInputs inputs(store, MultiBoxCrop(MultiBox().mean_bgr), frozen, workers);
  EpochSampler sampler(pictures.training.size(), arguments.batch, training.seed);
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
                                                     arguments.augment,
                                                     random.Next()));
            }
          },
      .fill =
          [&](std::size_t example, std::size_t worker, std::span<std::byte> input) {
            inputs.Make(pictures.training[batch[example]].image,
                        examples[example].part,
                        examples[example].mirrored,
                        worker,
                        input);
          },
      .loss =
          [&](std::size_t example, std::span<const float> outputs, std::span<float> gradient) {
            return MultiBoxLoss(priors, examples[example].truth, arguments.loss, outputs, gradient);
          },
      .validate = {}};
  const Validation validation(dataset, pictures.held_out, priors, arguments.loss);
  std::optional<ProposalQuality> priors_alone;
  if (!pictures.held_out.empty()) {
    priors_alone = validation.OfPriors();
    fmt::print(stderr,
               "the priors alone: recall_50 {:.4f}, average_recall {:.4f}\n",
               priors_alone->recall_50,
               priors_alone->average_recall);
    task.validate = [&](Trainer& trained) { return validation.Run(trained, inputs); };
  }
  const TrainingFigures figures = RunTraining(trainer, training, task);
  if (!figures.finished) {
    fmt::print(
        stderr, "stopped; the same command goes on from {}\n", training.CheckpointPath().string());
    return {.status = StopStatus(), .json = {}};
  }
  const MultiBox multibox = TrainedMultiBox(priors, trainer.state());
  SaveMultiBox(multibox, training.output);
  fmt::print(stderr, "{}: proposes {} boxes a picture\n", training.output, priors.size());
  if (!arguments.into.empty()) PutInto(arguments.into, multibox);
  if (!training.json) return {};
  return {.status = kDone,
          .json = OutcomeJson(arguments, pictures, priors.size(), priors_alone, figures)};
}

}  // namespace

TrainingOutcome TrainMultiBox(const Arguments& words) { return Train(words, Sources::kAll); }

TrainingOutcome TrainMultiBoxOf(const Arguments& words) {
  return Train(words, Sources::kWordsAlone);
}

}  // namespace deeper::tools
