#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "backbone/files/weight_files.h"
#include "backbone/network.h"
#include "core/error.h"
#include "core/pictures/read_image.h"
#include "core/text/json_line.h"
#include "core/text/parse.h"
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
#include "tools/parallel.h"
#include "tools/run/progress.h"
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
      ("backbone", po::value(&arguments.backbones)->value_name("FILE,..."), "GoogLeNet's weights, of several models for their mean; default: looked for in $DEEPER_MODELS and models/")
      ("crops", po::value(&arguments.crops)->default_value(arguments.crops)->value_name("N"), "views of a picture whose probabilities are averaged: 1, 10 or 144 (Szegedy et al. 2014, section 7)")
      ("labels", po::value(&arguments.labels)->value_name("FILE"), "names of its classes, one a line; default: synset_words.txt beside the weights")
      ("mean", po::value(&arguments.mean)->default_value(arguments.mean)->value_name("B,G,R"), "colour subtracted from every pixel")
      ("whole", po::bool_switch(&arguments.whole), "squash the whole picture to 224x224, instead of the centre 224x224 of a squash to 256x256 (BVLC)");
  line.Group("Output").add_options()
      ("top", po::value(&arguments.top)->default_value(arguments.top)->value_name("N"), "classes named a picture")
      ("json", po::bool_switch(&arguments.json), "a JSON object a picture and line");
  arguments.run.AddOptions(line.Group("Work"));
  // clang-format on
  line.TakeWords("input", "PICTURE...");
  if (!line.Parse(words)) return false;
  if (arguments.inputs.empty() == !arguments.data.Given()) {
    throw UsageError("expected pictures or --data, one of the two");
  }
  if (arguments.crops != 1 && arguments.crops != 10 && arguments.crops != 144) {
    throw UsageError(fmt::format("--crops is {}, expected 1, 10 or 144", arguments.crops));
  }
  if (arguments.whole && arguments.crops != 1) {
    throw UsageError("--whole is one view of its own; it takes no --crops");
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

struct Classified {
  std::vector<std::vector<float>> by_model;  // probabilities of each classifier
  std::vector<float> probabilities;          // their mean
  int width = 0;                             // pixels of the picture
  int height = 0;
  std::string error;
};

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

// Positions of the `count` largest values, largest first; ties by position.
std::vector<std::size_t> Largest(const std::vector<float>& values, std::size_t count) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  count = std::min(count, order.size());
  std::partial_sort(order.begin(),
                    order.begin() + static_cast<std::ptrdiff_t>(count),
                    order.end(),
                    [&](std::size_t a, std::size_t b) {
                      return values[a] != values[b] ? values[a] > values[b] : a < b;
                    });
  order.resize(count);
  return order;
}

void Print(const Picture& picture,
           const Classified& classified,
           const ClassTable& classes,
           const ClassifyArguments& arguments) {
  const std::vector<std::size_t> best =
      Largest(classified.probabilities, static_cast<std::size_t>(arguments.top));
  if (arguments.json) {
    nlohmann::ordered_json line{{"image", picture.id},
                                {"classes", nlohmann::ordered_json::array()}};
    for (const std::size_t i : best) {
      line["classes"].push_back({{"class", classes.Name(ClassAt(i))},
                                 {"index", i},
                                 {"probability", classified.probabilities[i]}});
    }
    fmt::print("{}\n", LineOf(line));
    return;
  }
  fmt::print("{}\n", picture.path.string());
  for (const std::size_t i : best)
    fmt::print("  {:.4f}  {}\n", classified.probabilities[i], classes.Name(ClassAt(i)));
}

// How often a classifier was wrong.
struct Errors {
  std::size_t pictures = 0;
  std::size_t top_1 = 0;
  std::size_t top_5 = 0;

  void Add(const std::vector<float>& probabilities, const std::vector<std::size_t>& labels) {
    const std::vector<std::size_t> best = Largest(probabilities, 5);
    const auto is_right = [&](std::size_t guess) {
      return std::ranges::find(labels, guess) != labels.end();
    };
    ++pictures;
    top_1 += is_right(best.at(0)) ? 0U : 1U;
    top_5 += std::ranges::any_of(best, is_right) ? 0U : 1U;
  }
  double Top1() const { return static_cast<double>(top_1) / static_cast<double>(pictures); }
  double Top5() const { return static_cast<double>(top_5) / static_cast<double>(pictures); }
};

// ILSVRC's localisation: whether one of five guesses is right and its box overlaps an object of the
// class by at least half. The box guessed is the whole picture: a classifier has no other.
bool IsLocalised(const Classified& classified, const LabelledPicture& truth) {
  const Box whole{.x0 = 0,
                  .y0 = 0,
                  .x1 = static_cast<float>(classified.width),
                  .y1 = static_cast<float>(classified.height)};
  for (const std::size_t guess : Largest(classified.probabilities, 5)) {
    for (std::size_t i = 0; i < truth.labels.size(); ++i) {
      if (truth.labels[i] == guess && Iou(whole, truth.boxes[i]) >= 0.5) return true;
    }
  }
  return false;
}

struct Measured {
  std::vector<Errors> by_model;
  Errors mean;
  std::optional<std::size_t> not_localised;  // where the data has boxes
};

void PrintText(const Measured& measured,
               const std::vector<Classifier>& classifiers,
               const ClassifyArguments& arguments) {
  const auto row = [](const std::string& name, const Errors& errors) {
    fmt::print("{:>11.2f}  {:>11.2f}  {}\n", 100 * errors.Top1(), 100 * errors.Top5(), name);
  };
  fmt::print("{} pictures, {} {}\ntop-1 err %  top-5 err %\n",
             measured.mean.pictures,
             arguments.crops,
             arguments.crops == 1 ? "crop" : "crops");
  for (std::size_t m = 0; m < classifiers.size(); ++m) {
    row(classifiers[m].path.string(), measured.by_model[m]);
  }
  if (classifiers.size() > 1) row(fmt::format("mean of {}", classifiers.size()), measured.mean);
  if (measured.not_localised) {
    fmt::print("localisation error, the box being the whole picture: {:.2f} %\n",
               100 * static_cast<double>(*measured.not_localised) /
                   static_cast<double>(measured.mean.pictures));
  }
}

void PrintJson(const Measured& measured,
               const std::vector<Classifier>& classifiers,
               const ClassifyArguments& arguments) {
  const auto json_of = [](const Errors& errors) {
    return nlohmann::ordered_json{{"top1_error", errors.Top1()}, {"top5_error", errors.Top5()}};
  };
  nlohmann::ordered_json json = {{"pictures", measured.mean.pictures},
                                 {"crops", arguments.crops},
                                 {"mean", json_of(measured.mean)},
                                 {"models", nlohmann::ordered_json::array()}};
  for (std::size_t m = 0; m < classifiers.size(); ++m) {
    nlohmann::ordered_json model = {{"file", classifiers[m].path.string()}};
    model.update(json_of(measured.by_model[m]));
    json["models"].push_back(std::move(model));
  }
  if (measured.not_localised) {
    json["localisation_error"] =
        static_cast<double>(*measured.not_localised) / static_cast<double>(measured.mean.pictures);
  }
  fmt::print("{}\n", LineOf(json));
}

int Measure(const ClassifyArguments& arguments,
            const std::vector<Classifier>& classifiers,
            const ClassTable& classes,
            const CropOptions& crop) {
  const LabelledPictures truth =
      ReadLabelledPictures(arguments.data, classes, arguments.allow_unknown_classes);
  if (truth.left_out > 0) {
    fmt::print(stderr, "left out {} pictures of no class that the network has\n", truth.left_out);
  }
  Measured measured{
      .by_model = std::vector<Errors>(classifiers.size()), .mean = {}, .not_localised = {}};
  if (!truth.pictures[0].boxes.empty()) measured.not_localised = 0;
  std::size_t failed = 0;
  {
    ProgressLine progress("classifying", "pictures", truth.pictures.size());
    ForEachInOrder<Classified>(
        truth.pictures.size(),
        arguments.run.workers,
        [&](std::size_t i) {
          return Classify(truth.pictures[i].picture, classifiers, crop, arguments);
        },
        [&](std::size_t i, const Classified& classified) {
          const LabelledPicture& picture = truth.pictures[i];
          if (!classified.error.empty()) {
            progress.Say("skipped: " + classified.error);
            ++failed;
          } else {
            measured.mean.Add(classified.probabilities, picture.labels);
            for (std::size_t m = 0; m < classifiers.size(); ++m) {
              measured.by_model[m].Add(classified.by_model[m], picture.labels);
            }
            if (measured.not_localised && !IsLocalised(classified, picture)) {
              ++*measured.not_localised;
            }
          }
          progress.Advance();
        });
  }
  if (StopAsked()) return StopStatus();
  if (measured.mean.pictures == 0) {
    throw Error(fmt::format("none of the {} pictures could be read", truth.pictures.size()));
  }
  (arguments.json ? PrintJson : PrintText)(measured, classifiers, arguments);
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

  const std::vector<Picture> pictures = FindPictures(arguments.inputs);
  std::size_t failed = 0;
  ForEachInOrder<Classified>(
      pictures.size(),
      arguments.run.workers,
      [&](std::size_t i) { return Classify(pictures[i], classifiers, crop, arguments); },
      [&](std::size_t i, const Classified& classified) {
        if (classified.error.empty()) {
          Print(pictures[i], classified, classes, arguments);
        } else {
          fmt::print(stderr, "skipped: {}\n", classified.error);
          ++failed;
        }
      });
  if (StopAsked()) return StopStatus();
  return failed == 0 ? kDone : kSomeInputsFailed;
}

}  // namespace deeper::tools
