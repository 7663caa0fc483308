#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "backbone/files/onnx.h"
#include "backbone/files/weight_files.h"
#include "backbone/googlenet.h"
#include "backbone/precision.h"
#include "backbone/summary.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/text/json_line.h"
#include "detector/model/model_file.h"
#include "tools/bench/noise_crops.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/option_errors.h"
#include "tools/options/second_words.h"
#include "tools/verbs/model_check.h"
#include "tools/verbs/model_info.h"
#include "tools/verbs/quantize.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

constexpr const char* kHelp =
    "Looks into network and detector files.\n\n"
    "Examples:\n"
    "  deeper model info                                  # GoogLeNet: the paper's Table 1\n"
    "  deeper model info models/voc.safetensors           # what a detector was trained on, its "
    "classes\n"
    "  deeper model import bvlc_googlenet.caffemodel bvlc_googlenet.safetensors\n"
    "  deeper model export models/voc.safetensors network.onnx\n"
    "  deeper model quantize models/voc.safetensors photos/ --output voc-int8.safetensors\n"
    "  deeper model check bvlc_googlenet.caffemodel       # every layer against plain loops\n\n";

// The two files that a verb takes; nothing where only help was asked for.
struct FromTo {
  fs::path from;
  fs::path to;
  bool json = false;
};
std::optional<FromTo> ParseFromTo(CommandLine line, const Arguments& words) {
  std::vector<std::string> files;
  bool json = false;
  line.Group("Files").add_options()("files",
                                    po::value(&files)->value_name("FILE"),
                                    "the file to read and the file to write; the words are enough")(
      "json", po::bool_switch(&json), "what was written, as a JSON object on stdout");
  line.TakeWords("files", "FROM TO");
  if (!line.Parse(words)) return std::nullopt;
  if (files.size() != 2)
    throw UsageError("expected two files: the one to read and the one to write");
  return FromTo{.from = files[0], .to = files[1], .json = json};
}

void TellWritten(const Weights& weights, const FromTo& files) {
  const fs::path& path = files.to;
  std::size_t values = 0;
  for (const auto& [name, tensor] : weights) values += tensor.data.size();
  fmt::print(stderr,
             "{}: {} blobs, {} values, fingerprint {}\n",
             path.string(),
             weights.size(),
             values,
             FingerprintOf(weights));
  if (files.json) {
    fmt::print("{}\n",
               LineOf({{"output", path.string()},
                       {"blobs", weights.size()},
                       {"values", values},
                       {"fingerprint", FingerprintOf(weights)}}));
  }
}

int Import(const Arguments& words) {
  const auto files = ParseFromTo(
      CommandLine("model import",
                  "Reads a network's weights, checks them against the GoogLeNet table, writes "
                  "them as safetensors.",
                  {"deeper model import bvlc_googlenet.caffemodel bvlc_googlenet.safetensors"}),
      words);
  if (!files) return kDone;
  const Weights weights = ReadBackboneWeights(files->from);
  WriteBackboneWeights(weights, files->to);
  TellWritten(weights, *files);
  return kDone;
}

int Export(const Arguments& words) {
  const auto files = ParseFromTo(
      CommandLine("model export",
                  "Writes a network as ONNX, for other engines: from crops, BGR with the mean "
                  "subtracted, to the features of pool5 and, where it has a classifier, its "
                  "probabilities. Of a detector its network.",
                  {"deeper model export bvlc_googlenet.caffemodel googlenet.onnx",
                   "deeper model export models/voc.safetensors network.onnx"}),
      words);
  if (!files) return kDone;
  const Weights weights = ReadBackboneWeights(files->from);
  WriteFileWhole(files->to, OnnxOf(weights));
  TellWritten(weights, *files);
  return kDone;
}

struct ModelVerb {
  SecondWord word;
  int (*run)(const Arguments&);
};

constexpr std::array kModelVerbs = {
    ModelVerb{{"info", "Table 1 of a network, or the facts of a detector"}, DescribeModel},
    ModelVerb{
        {"import", "reads a .caffemodel or .safetensors network, checks it, writes safetensors"},
        Import},
    ModelVerb{{"export", "writes a network, or a detector's network, as ONNX for other engines"},
              Export},
    ModelVerb{
        {"quantize", "measures on pictures what int8 needs, and writes it into a copy of the file"},
        QuantizeModel},
    ModelVerb{{"check", "runs a network beside the plain-loop reference and compares every layer"},
              CheckModel},
};

}  // namespace

std::vector<SecondWord> ModelWords() {
  std::vector<SecondWord> words;
  for (const ModelVerb& verb : kModelVerbs) words.push_back(verb.word);
  return words;
}

int RunModel(const Arguments& words) {
  if (AsksForHelp(words)) {
    fmt::print("{}{}", kHelp, SecondWordsHelp("model", ModelWords()));
    return kDone;
  }
  const ModelVerb& verb = kModelVerbs.at(FindSecondWord("model", words, ModelWords()));
  return verb.run({words.begin() + 1, words.end()});
}

}  // namespace deeper::tools
