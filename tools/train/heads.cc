#include "tools/train/heads.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"
#include "core/remedy.h"
#include "core/text/json_line.h"
#include "core/text/quantities.h"
#include "core/work/stopwatch.h"
#include "detector/model/find_backbone.h"
#include "detector/model/model.h"
#include "detector/model/model_file.h"
#include "detector/multibox/multibox_file.h"
#include "detector/training/train_detector.h"
#include "eval/report/report_text.h"
#include "tools/input/data_source.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/find_model.h"
#include "tools/options/option_errors.h"
#include "tools/options/remedy_words.h"
#include "tools/run/journaled_run.h"
#include "tools/run/keep_before.h"
#include "tools/run/model_parts.h"
#include "tools/run/parts.h"
#include "tools/run/progress.h"
#include "tools/run/stop_signal.h"
#include "tools/train/heads_options.h"

namespace deeper::tools {

namespace fs = std::filesystem;

namespace {

// Which shard of the SVMs' classes is meant. What only all classes together give is refused.
Shard ChosenShard(const HeadsArguments& arguments, std::size_t class_count) {
  if (!arguments.Shards()) return {};
  const ShardOptions::Chosen chosen = arguments.shard.Choose();
  SayShard(chosen, ClassesOfShard(class_count, chosen.shard).size(), class_count, "classes");
  if (chosen.shard.IsWhole()) return {};
  if (arguments.options.calibrate) {
    throw UsageError(
        "--calibrate needs all classes: join the parts with 'deeper merge', then use 'deeper train "
        "calibrate'");
  }
  if (arguments.options.boxes.per_class) {
    throw UsageError("--box-per-class goes without shards, whose box regression is one for all");
  }
  return chosen.shard;
}

// What the words say is trained.
HeadsTraining TrainingOf(const HeadsArguments& arguments) {
  const fs::path backbone = FindStartingNetwork(arguments.backbone, DetectionMethod::kRcnn);
  HeadsTraining training = {.backbone = ReadNetwork(backbone),
                            .quantization = QuantizationIn(backbone),
                            .options = arguments.options};
  if (!arguments.multibox.empty()) training.options.multibox = LoadMultiBox(arguments.multibox);
  return training;
}

// The training of these kinds as a verb.
std::string NameOf(const std::vector<ClassifierKind>& kinds) {
  return kinds.size() == 1 ? NameOf(kinds.front()) : "heads";
}

TrainingOutcome RunHeads(const HeadsArguments& arguments) {
  RequireWritable(arguments.output);
  const LoadedData data = LoadData(arguments.data);
  const Dataset& dataset = data.dataset;
  HeadsTraining training = TrainingOf(arguments);
  const Shard shard = ChosenShard(arguments, dataset.classes.Size());
  fs::path output = arguments.output;
  if (!shard.IsWhole()) {
    output = PartPath(output, shard, ".safetensors");
    training.options.svm.only = ClassesOfShard(dataset.classes.Size(), shard);
  }
  TrainingOutcome outcome = {.status = data.Status(), .json = {}};
  const bool is_finished = TrainHeads(
      dataset,
      {std::move(training)},
      [&](std::size_t, TrainedHeads trained) {
        if (!shard.IsWhole()) MakePart(shard, trained.model);
        WriteKeepingBefore(output, [&](const auto& path) { SaveModel(trained.model, path); });
        SayTrained(trained, output.string(), arguments.json);
        if (trained.unreadable_pictures > 0) outcome.status = kSomeInputsFailed;
        if (!arguments.json) return;
        outcome.json = LineOf(HeadsJson(trained, NameOf(arguments.options.kinds), output.string()));
      },
      TerminalMonitor());
  return is_finished ? outcome : Stopped(arguments.options.cache);
}

TrainingOutcome RunFeatures(const HeadsArguments& arguments) {
  const Stopwatch watch;
  const ShardOptions::Chosen chosen = arguments.shard.Choose();
  const LoadedData data = LoadData(arguments.data);
  const Dataset& dataset = data.dataset;
  const std::vector<std::size_t> own = PicturesOfShard(PicturesOf(dataset), chosen.shard);
  SayShard(chosen, own.size(), dataset.images.size());
  const KeptHeadFeatures kept =
      KeepHeadFeatures(dataset, own, TrainingOf(arguments), TerminalMonitor());
  const std::string cache = arguments.options.cache.string();
  if (StopAsked()) return Stopped(cache);
  const std::size_t extracted = kept.pictures - kept.unreadable;
  fmt::print(stderr, "{}: has the features of {}\n", cache, Counted(extracted, "pictures"));
  const ExitStatus status = StatusOf(kept.unreadable, kept.pictures);
  TrainingOutcome outcome = {.status = status == kDone ? data.Status() : status, .json = {}};
  if (arguments.json) {
    outcome.json =
        LineOf({{"training", "features"},
                {"cache", cache},
                {"pictures", {{"extracted", extracted}, {"unreadable", kept.unreadable}}},
                {"seconds", watch.Seconds()}});
  }
  return outcome;
}

// Trains classifiers of these kinds, as the words say.
TrainingOutcome RunKinds(std::vector<ClassifierKind> kinds,
                         CommandLine line,
                         const Arguments& words) {
  HeadsArguments arguments;
  arguments.options.kinds = std::move(kinds);
  return ParseHeads(words, std::move(line), arguments) ? RunHeads(arguments) : TrainingOutcome();
}

}  // namespace

void SayTrained(const TrainedHeads& trained, const std::string& output, bool beside_json) {
  const Model& model = trained.model;
  fmt::print(stderr,
             "{}: {}, {} classifiers, trained on {}\n",
             output,
             Counted(model.classes.Size(), "classes"),
             NameOf(model.classifiers.kind),
             Counted(trained.training_pictures, "pictures"));
  if (trained.stays_uncalibrated) fmt::print(stderr, "{}\n", WordsOf(Remedy::kCalibrate));
  for (const std::optional<Evaluation>* worth : {&trained.voc07, &trained.voc12}) {
    if (!*worth) continue;
    fmt::print(beside_json ? stderr : stdout,
               "held out, {}, {}, {}:\n{}\n",
               Counted(trained.held_out_pictures, "pictures"),
               NameOf(model.classifiers.kind),
               NameOf(worth == &trained.voc07 ? Protocol::kVoc07 : Protocol::kVoc12),
               EvaluationTable(**worth, model.classes));
  }
}

nlohmann::ordered_json HeadsJson(const TrainedHeads& trained,
                                 const std::string& training,
                                 const std::string& output) {
  const Model& model = trained.model;
  nlohmann::ordered_json worth;
  const auto add = [&](Protocol protocol, const std::optional<Evaluation>& evaluation) {
    if (!evaluation) return;
    worth[NameOf(protocol)] = JsonOf(EvaluationJson(*evaluation, model.classes));
  };
  add(Protocol::kVoc07, trained.voc07);
  add(Protocol::kVoc12, trained.voc12);
  return {{"training", training},
          {"output", output},
          {"classes", model.classes.Size()},
          {"classifiers", NameOf(model.classifiers.kind)},
          {"scores", model.calibration ? "probabilities" : "margins"},
          {"pictures",
           {{"training", trained.training_pictures},
            {"held_out", trained.held_out_pictures},
            {"unreadable", trained.unreadable_pictures}}},
          {"held_out", worth},
          {"facts", model.training},
          {"seconds", trained.seconds}};
}

TrainingOutcome RunTrainFeatures(const Arguments& words) {
  HeadsArguments arguments;
  arguments.options.kinds.clear();
  CommandLine line(
      "train features",
      "Extracts the features that 'deeper train svm', 'softmax' and 'heads' would, and keeps them "
      "where those look for them: to spread this work over machines.",
      {"deeper train features --data voc:VOC2007 --set trainval --output mine.safetensors",
       "deeper train features --data voc:VOC2007 --set trainval --output mine.safetensors --shard "
       "3/64"});
  return ParseHeads(words, std::move(line), arguments) ? RunFeatures(arguments) : TrainingOutcome();
}

TrainingOutcome RunTrainSvm(const Arguments& words) {
  CommandLine line("train svm",
                   "Trains a linear SVM a class and box regression on the features of a given "
                   "GoogLeNet (R-CNN, section 2.3).",
                   {"deeper train svm --data voc:my-pictures --set train --output mine.safetensors",
                    "deeper train svm --data voc:VOC2007 --set trainval --holdout 0.25 --output "
                    "trial.safetensors",
                    "deeper train svm --data voc:VOC2007 --set trainval --output mine.safetensors "
                    "--shard 3/4           # a part of the classes, for 'deeper merge'"});
  return RunKinds({ClassifierKind::kSvm}, std::move(line), words);
}

TrainingOutcome RunTrainSoftmax(const Arguments& words) {
  CommandLine line(
      "train softmax",
      "Trains softmax classifiers (multinomial logistic regression over background and "
      "the classes) and box regression on the features of a given GoogLeNet.",
      {"deeper train softmax --data voc:my-pictures --set train --output "
       "mine.safetensors",
       "deeper train softmax --data voc:VOC2007 --set trainval --holdout 0.25 "
       "--calibrate --output trial.safetensors"});
  return RunKinds({ClassifierKind::kSoftmax}, std::move(line), words);
}

TrainingOutcome RunTrainHeads(const Arguments& words) {
  CommandLine line(
      "train heads",
      "Trains SVMs and softmax classifiers on the features of a given GoogLeNet, keeps "
      "those that are better on held-out pictures, and box regression.",
      {"deeper train heads --data voc:my-pictures --set train --holdout 0.1 "
       "--calibrate --output mine.safetensors",
       "deeper train heads --data voc:my-pictures --set train --holdout 0.1 --backbone "
       "tuned.safetensors --self-contained --quantize --output mine.safetensors"});
  return RunKinds({ClassifierKind::kSvm, ClassifierKind::kSoftmax}, std::move(line), words);
}

}  // namespace deeper::tools
