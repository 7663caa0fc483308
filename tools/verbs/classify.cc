#include <fmt/format.h>

#include <algorithm>

#include "backbone/files/weight_files.h"
#include "backbone/network.h"
#include "core/error.h"
#include "core/pictures/picture_files.h"
#include "core/pictures/read_image.h"
#include "core/text/parse.h"
#include "core/text/quantities.h"
#include "core/work/parallel.h"
#include "detector/regions/classification_views.h"
#include "detector/regions/crop.h"
#include "tools/input/labelled_pictures.h"
#include "tools/input/pictures.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/find_model.h"
#include "tools/options/network_options.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/options/reading_options.h"
#include "tools/run/progress.h"
#include "tools/verbs/classify_report.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

struct ClassifyArguments {
  std::vector<std::string> inputs;
  DataSource data;
  bool allow_unknown_classes = false;
  std::string backbones;
  std::string labels;
  std::string mean = "104,117,123";
  int top = 5;
  int crops = 1;
  bool whole = false;
  bool json = false;
  ReadingOptions reading;
  RunOptions run;
};

bool ParseClassify(const Arguments& words, ClassifyArguments& arguments) {
  CommandLine line(
      "classify",
      "Names what whole pictures show, with GoogLeNet's own classes: the likeliest "
      "five with their probabilities. With --data, how often it is wrong.",
      {"deeper classify cat.jpg --backbone bvlc_googlenet.caffemodel",
       "deeper classify photos/ --top 1 --json",
       "deeper classify --data folders/                 # folders/n01440764/1.jpg, ...",
       "deeper classify --data list:val.txt,ILSVRC2012_val --crops 144",
       "deeper classify --data ilsvrc:CLS-LOC/val,ILSVRC2012_val --image-list val.txt "
       "\\\n      --class-list map_clsloc.txt --backbone a.safetensors,b.safetensors"});
  // clang-format off
  auto& input = line.Group("Input");
  input.add_options()
      ("input", po::value(&arguments.inputs)->value_name("PICTURE"), "pictures, directories, patterns, @lists; the word itself is enough");
  arguments.reading.AddOptions(input);
  auto& data = line.Group(
      "Input from a data set, to measure errors\n(--data also takes a directory with a folder of pictures for each class, named by its WordNet id\nor label, and list:FILE[,DIR of pictures] with lines '<picture> <output from 0>')");
  arguments.data.AddOptions(data);
  data.add_options()
      ("allow-unknown-classes", po::bool_switch(&arguments.allow_unknown_classes), "leave out pictures of classes that the network does not have, instead of refusing them");
  line.Group("Network").add_options()
      ("backbone", po::value(&arguments.backbones)->value_name("MODEL[,...]"), "GoogLeNet's weights, of several models for their mean; default: looked for in $DEEPER_MODELS and models/")
      ("crops", po::value(&arguments.crops)->default_value(arguments.crops)->value_name("1|10|144"), "views of a picture whose probabilities are averaged (Szegedy et al. 2014, section 7)")
      ("labels", po::value(&arguments.labels)->value_name("LIST"), "names of its classes, one a line; default: synset_words.txt beside the weights")
      ("mean", po::value(&arguments.mean)->default_value(arguments.mean)->value_name("B,G,R"), "colour subtracted from every pixel")
      ("whole", po::bool_switch(&arguments.whole), "squash the whole picture to 224x224, instead of the centre 224x224 of a squash to 256x256 (BVLC)");
  line.Group("Output").add_options()
      ("top", po::value(&arguments.top)->default_value(arguments.top)->value_name("N"), "classes named a picture")
      ("json", po::bool_switch(&arguments.json), "a JSON object a picture and line");
  arguments.run.AddOptions(line.Group("Work"));
  // clang-format on
  line.TakeWords("input", "PICTURE...");
  line.Restrict({DataSource::WithData(),
                 {.options = "set allow-unknown-classes", .with = "data"},
                 {.options = "top", .without = "data"},
                 {.options = "crops", .without = "whole"}});
  if (!line.Parse(words)) return false;
  if (arguments.inputs.empty() == !arguments.data.Given()) {
    throw UsageError("expected pictures or --data, one of the two");
  }
  if (arguments.crops != 1 && arguments.crops != 10 && arguments.crops != 144) {
    throw UsageError(fmt::format("--crops is {}, expected 1, 10 or 144", arguments.crops));
  }
  CheckRange("top", arguments.top, 1, 1e6);
  arguments.run.Check();
  arguments.reading.Check();
  return true;
}

CropOptions CropOf(const ClassifyArguments& arguments) {
  CropOptions crop{.padding_px = 0};
  const std::vector<std::string> mean = SplitAtCommas("mean", arguments.mean);
  if (mean.size() != crop.mean_bgr.size()) {
    throw UsageError(fmt::format("--mean is '{}', expected three numbers B,G,R", arguments.mean));
  }
  for (std::size_t i = 0; i < mean.size(); ++i) {
    const std::optional<double> value = ParseDouble(mean[i]);
    if (!value) throw UsageError(fmt::format("--mean has '{}', expected a number", mean[i]));
    CheckRange("mean", *value, 0, 255);
    crop.mean_bgr[i] = static_cast<float>(*value);
  }
  return crop;
}

// One of the networks whose probabilities are averaged.
struct Classifier {
  fs::path path;
  Network network;
};

std::vector<Classifier> LoadClassifiers(const ClassifyArguments& arguments) {
  std::vector<Classifier> classifiers;
  std::vector<std::string> names = {""};
  if (!arguments.backbones.empty()) names = SplitAtCommas("backbone", arguments.backbones);
  // Missing names of classes are told before minutes go by.
  FindLabels(arguments.labels, FindBackboneFile(names.front()));
  for (const std::string& name : names) {
    const fs::path path = FindBackboneFile(name);
    Network network(ReadBackboneWeights(path), arguments.run.ForNetwork(QuantizationIn(path)));
    if (network.ClassCount() == 0) {
      throw Error(fmt::format("{}: has no classifier 'loss3/classifier', so it cannot name classes",
                              path.string()));
    }
    if (!classifiers.empty() && classifiers[0].network.ClassCount() != network.ClassCount()) {
      throw Error(fmt::format("{}: has {} classes, expected the {} of {}",
                              path.string(),
                              network.ClassCount(),
                              classifiers[0].network.ClassCount(),
                              classifiers[0].path.string()));
    }
    classifiers.push_back({.path = path, .network = std::move(network)});
  }
  return classifiers;
}

std::vector<ClassificationView> ViewsOf(const Image& image, const ClassifyArguments& arguments) {
  if (!arguments.whole) return ClassificationViews(image.width, image.height, arguments.crops);
  return {{.box = WholeImageBox(image)}};
}

// Mean probabilities over the views of a picture.
std::vector<float> MeanProbabilities(const Network& network,
                                     const Image& image,
                                     const std::vector<ClassificationView>& views,
                                     const CropOptions& crop) {
  const bool any_mirrored =
      std::ranges::any_of(views, [](const ClassificationView& view) { return view.mirrored; });
  const Image mirror = any_mirrored ? MirrorImage(image) : Image{};
  Workspace workspace = network.MakeWorkspace();
  std::vector<float> features(kFeatureDim);
  std::vector<float> probabilities(network.ClassCount());
  std::vector<double> sums(network.ClassCount());
  for (const ClassificationView& view : views) {
    if (view.mirrored) {
      Crop(mirror, MirrorBox(view.box, image.width), crop, network.Input(workspace));
    } else {
      Crop(image, view.box, crop, network.Input(workspace));
    }
    network.FeaturesOfInput(workspace, features);
    network.Probabilities(features, probabilities);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += double{probabilities[i]};
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    probabilities[i] = static_cast<float>(sums[i] / static_cast<double>(views.size()));
  }
  return probabilities;
}

Classified Classify(const Picture& picture,
                    const std::vector<Classifier>& classifiers,
                    const CropOptions& crop,
                    const ClassifyArguments& arguments) {
  Classified result;
  try {
    const Image image = ReadImage(picture.path, arguments.reading.ForReading());
    result.width = image.width;
    result.height = image.height;
    const std::vector<ClassificationView> views = ViewsOf(image, arguments);
    result.probabilities.resize(classifiers[0].network.ClassCount());
    for (const Classifier& classifier : classifiers) {
      result.by_model.push_back(MeanProbabilities(classifier.network, image, views, crop));
      for (std::size_t i = 0; i < result.probabilities.size(); ++i) {
        result.probabilities[i] +=
            result.by_model.back()[i] / static_cast<float>(classifiers.size());
      }
    }
  } catch (const Error& error) {
    result.error = error.what();
  }
  return result;
}

int Measure(const ClassifyArguments& arguments,
            const std::vector<Classifier>& classifiers,
            const ClassTable& classes,
            const CropOptions& crop) {
  const LabelledPictures truth =
      ReadLabelledPictures(arguments.data, classes, arguments.allow_unknown_classes);
  if (truth.left_out > 0) {
    fmt::print(stderr,
               "left out {} of no class that the network has\n",
               Counted(truth.left_out, "pictures"));
  }
  ClassificationSummary report{.files = {},
                               .by_model = std::vector<ClassificationErrors>(classifiers.size()),
                               .mean = {},
                               .not_localised = {},
                               .crops = arguments.crops};
  for (const Classifier& classifier : classifiers) report.files.push_back(classifier.path);
  if (!truth.pictures[0].boxes.empty()) report.not_localised = 0;
  std::size_t failed = 0;
  {
    ProgressLine progress("classifying", "pictures", truth.pictures.size());
    ForEachInOrder<Classified>(
        truth.pictures.size(),
        arguments.run.workers,
        NeverStop,
        [&](std::size_t i) {
          return Classify(truth.pictures[i].picture, classifiers, crop, arguments);
        },
        [&](std::size_t i, const Classified& classified) {
          if (classified.error.empty()) {
            report.Add(classified, truth.pictures[i]);
          } else {
            progress.Say("skipped: " + classified.error);
            ++failed;
          }
          progress.Advance();
        });
  }
  if (report.mean.pictures == 0) {
    throw Error(fmt::format("none of the {} pictures could be read", truth.pictures.size()));
  }
  (arguments.json ? PrintReportJson : PrintReport)(report);
  return failed == 0 ? kDone : kSomeInputsFailed;
}

}  // namespace

int RunClassify(const Arguments& words) {
  ClassifyArguments arguments;
  if (!ParseClassify(words, arguments)) return kDone;
  const CropOptions crop = CropOf(arguments);
  const std::vector<Classifier> classifiers = LoadClassifiers(arguments);
  const ClassTable classes =
      NetworkClasses(arguments.labels, classifiers[0].path, classifiers[0].network.ClassCount());
  if (arguments.data.Given()) return Measure(arguments, classifiers, classes, crop);

  const std::vector<Picture> pictures = FindNamedPictures(arguments.inputs);
  std::size_t failed = 0;
  ForEachInOrder<Classified>(
      pictures.size(),
      arguments.run.workers,
      NeverStop,
      [&](std::size_t i) { return Classify(pictures[i], classifiers, crop, arguments); },
      [&](std::size_t i, const Classified& classified) {
        if (classified.error.empty()) {
          const auto print = arguments.json ? PrintClassesJson : PrintClasses;
          print(pictures[i], classified, classes, static_cast<std::size_t>(arguments.top));
        } else {
          fmt::print(stderr, "skipped: {}\n", classified.error);
          ++failed;
        }
      });
  return failed == 0 ? kDone : kSomeInputsFailed;
}

}  // namespace deeper::tools
