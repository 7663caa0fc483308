#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "backbone/network.h"
#include "backbone/weight_files.h"
#include "core/error.h"
#include "core/parse.h"
#include "core/read_image.h"
#include "detector/crop.h"
#include "tools/command_line.h"
#include "tools/find_model.h"
#include "tools/network_options.h"
#include "tools/parallel.h"
#include "tools/pictures.h"
#include "tools/verbs.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

struct ClassifyArguments {
  std::vector<std::string> inputs;
  std::string backbone;
  std::string labels;
  std::string mean = "104,117,123";
  int top = 5;
  bool whole = false;
  bool json = false;
  RunOptions run;
};

bool ParseClassify(const Arguments& words, ClassifyArguments& arguments) {
  CommandLine line("classify",
                   "Names what whole pictures show, with GoogLeNet's own classes: the likeliest "
                   "five with their probabilities.",
                   {"deeper classify cat.jpg --backbone bvlc_googlenet.caffemodel",
                    "deeper classify photos/ --top 1 --json"});
  // clang-format off
  line.Group("Input").add_options()
      ("input", po::value(&arguments.inputs)->value_name("PICTURE"), "pictures, directories, patterns, @lists; the word itself is enough");
  line.Group("Network").add_options()
      ("backbone", po::value(&arguments.backbone)->value_name("FILE"), "GoogLeNet's weights; default: looked for in $DEEPER_MODELS and models/")
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
  if (arguments.inputs.empty()) throw UsageError("expected pictures to classify");
  CheckRange("top", arguments.top, 1, 1e6);
  arguments.run.Check();
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

// The part of the picture that the network sees: all of it, or the centre that a 224x224 crop keeps
// of a 256x256 squash.
Box ViewOf(const Image& image, bool whole) {
  const auto width = static_cast<float>(image.width);
  const auto height = static_cast<float>(image.height);
  if (whole) return {.x0 = 0, .y0 = 0, .x1 = width, .y1 = height};
  const float margin = 16.0F / 256.0F;
  return {.x0 = width * margin,
          .y0 = height * margin,
          .x1 = width * (1 - margin),
          .y1 = height * (1 - margin)};
}

struct Classified {
  std::vector<float> probabilities;
  std::string error;
};

Classified Classify(const Picture& picture,
                    const Network& network,
                    const CropOptions& crop,
                    bool whole) {
  Classified result;
  try {
    const Image image = ReadImage(picture.path);
    Workspace workspace = network.MakeWorkspace();
    Crop(image, ViewOf(image, whole), crop, network.Input(workspace));
    std::vector<float> features(kFeatureDim);
    network.FeaturesOfInput(workspace, features);
    result.probabilities.resize(network.ClassCount());
    network.Probabilities(features, result.probabilities);
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
           const std::vector<std::string>& labels,
           const ClassifyArguments& arguments) {
  const std::vector<std::size_t> best =
      Largest(classified.probabilities, static_cast<std::size_t>(arguments.top));
  if (arguments.json) {
    nlohmann::ordered_json line{{"image", picture.id},
                                {"classes", nlohmann::ordered_json::array()}};
    for (const std::size_t i : best) {
      line["classes"].push_back(
          {{"class", labels[i]}, {"index", i}, {"probability", classified.probabilities[i]}});
    }
    fmt::print("{}\n", line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    return;
  }
  fmt::print("{}\n", picture.path.string());
  for (const std::size_t i : best)
    fmt::print("  {:.4f}  {}\n", classified.probabilities[i], labels[i]);
}

}  // namespace

int RunClassify(const Arguments& words) {
  ClassifyArguments arguments;
  if (!ParseClassify(words, arguments)) return kDone;
  const CropOptions crop = CropOf(arguments);
  const std::vector<Picture> pictures = FindPictures(arguments.inputs);
  const fs::path backbone = FindBackboneFile(arguments.backbone);
  const NetworkOptions options = arguments.run.ForNetwork(QuantizationIn(backbone));
  const Network network(ReadBackboneWeights(backbone), options);
  if (network.ClassCount() == 0) {
    throw Error(fmt::format("{}: has no classifier 'loss3/classifier', so it cannot name classes",
                            backbone.string()));
  }
  const std::vector<std::string> labels =
      ReadLabels(arguments.labels, backbone, network.ClassCount());

  std::size_t failed = 0;
  ForEachInOrder<Classified>(
      pictures.size(),
      arguments.run.workers,
      [&](std::size_t i) { return Classify(pictures[i], network, crop, arguments.whole); },
      [&](std::size_t i, const Classified& classified) {
        if (classified.error.empty()) {
          Print(pictures[i], classified, labels, arguments);
        } else {
          fmt::print(stderr, "skipped: {}\n", classified.error);
          ++failed;
        }
      });
  if (StopAsked()) return StopStatus();
  return failed == 0 ? kDone : kSomeInputsFailed;
}

}  // namespace deeper::tools
