#include <cblas.h>
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <new>
#include <opencv2/core/utility.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/other_recipe.h"
#include "core/remedy.h"
#include "core/text/nearest_name.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/foreign_words.h"
#include "tools/options/option_errors.h"
#include "tools/options/recipe_words.h"
#include "tools/options/remedy_words.h"
#include "tools/options/second_words.h"
#include "tools/run/standard_streams.h"
#include "tools/run/stop_signal.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {
namespace {

struct Verb {
  const char* name;
  const char* purpose;
  int (*run)(const Arguments&);
  std::vector<SecondWord> (*second_words)() = nullptr;
};

constexpr std::array kVerbs = {
    Verb{"detect", "boxes for every picture: result files and drawings", RunDetect},
    Verb{"evaluate",
         "mAP of detections against annotations: ilsvrc, voc07, voc12, coco",
         RunEvaluate},
    Verb{"show", "detections drawn beside the truth", RunShow},
    Verb{"check", "what is wrong with a data set: boxes, pictures, copies, names", RunCheck},
    Verb{"convert", "data sets and detections from one format into another", RunConvert},
    Verb{"propose", "object proposals, and their recall", RunPropose},
    Verb{"merge", "the parts of a run on several machines into one result", RunMerge},
    Verb{"classify", "GoogLeNet as a classifier of whole pictures", RunClassify},
    Verb{"serve", "detections over HTTP, on this machine unless told otherwise", RunServe},
    Verb{"train",
         "a detector for your own classes, whole with 'train all' or step by step",
         RunTrain,
         TrainingWords},
    Verb{"bench", "where the time goes, against the processor's peak and OpenCV", RunBench},
    Verb{"model",
         "networks and detectors: info, import, export, quantize, check",
         RunModel,
         ModelWords},
};

std::string Help() {
  std::string text =
      "deeper finds objects in photographs: R-CNN with GoogLeNet (Szegedy et al. 2014)\n\n"
      "Examples:\n"
      "  deeper detect photos/ --output found/\n"
      "  deeper evaluate --data voc:VOC2007 --set test --detections found/detections.jsonl\n"
      "  deeper train all --data voc:my-pictures --set train --output mine.safetensors\n\n"
      "Verbs ('deeper help VERB' and 'deeper VERB --help' show more):\n";
  for (const Verb& verb : kVerbs) text += fmt::format("  {:<10} {}\n", verb.name, verb.purpose);
  return text +
         "\n'deeper --version' or -V says which version this is.\n"
         "Exit status: 0 done, 1 failed, 2 usage, 3 done but some inputs failed, 4 a required "
         "mAP was missed,\n"
         "130 or 143 stopped by a signal. Results go to stdout or files, messages to stderr.\n";
}

const Verb* FindVerb(const std::string& name) {
  for (const Verb& verb : kVerbs) {
    if (name == verb.name) return &verb;
  }
  return nullptr;
}

// Throws UsageError that says which verb may be meant.
[[noreturn]] void ThrowUnknownVerb(const std::string& name) {
  std::vector<std::string> known;
  for (const Verb& verb : kVerbs) known.emplace_back(verb.name);
  std::optional<std::string> meant = ForeignVerb(name);
  if (meant) throw UsageError(fmt::format("unknown verb '{}'; here it is '{}'", name, *meant));
  meant = NearestName(name, known);
  throw UsageError(fmt::format(
      "unknown verb '{}'{}", name, meant ? fmt::format("; did you mean '{}'?", *meant) : ""));
}

// The words at the front that name a verb: none, "detect", "train svm".
std::vector<std::string> VerbIn(const std::vector<std::string>& words) {
  const Verb* verb = words.empty() ? nullptr : FindVerb(words.front());
  if (verb == nullptr) return {};
  if (verb->second_words == nullptr || words.size() < 2) return {verb->name};
  const std::vector<SecondWord> second = verb->second_words();
  if (std::ranges::count(second, words[1], &SecondWord::name) == 0) return {verb->name};
  return {verb->name, words[1]};
}

// Runs the verb that the command line names.
int Dispatch(std::vector<std::string> words) {
  if (words.empty()) throw UsageError("expected a verb");
  if (words.front() == "help") {  // 'help train svm' is 'train svm --help'
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  const std::string& name = words.front();
  if (name == "--help" || name == "-h") {
    std::fputs(Help().c_str(), stdout);
    return kDone;
  }
  if (name == "--version" || name == "-V") {
    fmt::print("deeper {}\n", DEEPER_VERSION);
    return kDone;
  }
  if (const Verb* verb = FindVerb(name)) return verb->run({words.begin() + 1, words.end()});
  ThrowUnknownVerb(name);
}

// Workers run one picture each; no library may start threads of its own inside one.
void KeepLibrariesSingleThreaded() {
  openblas_set_num_threads(1);
  cv::setNumThreads(1);
}

// Buffers of a picture's size come and go with every picture. Kept by the process instead of
// returned to the kernel, they need no new pages each time: page faults were 40% of Selective
// Search's time.
void KeepFreedMemory() {
  constexpr int kLargestKept = 256 << 20;  // bytes
  // NOLINTBEGIN(concurrency-mt-unsafe): no other thread exists yet
  mallopt(M_MMAP_THRESHOLD, kLargestKept);
  mallopt(M_TRIM_THRESHOLD, kLargestKept);
  // NOLINTEND(concurrency-mt-unsafe)
}

// Dispatch, with what went wrong told on stderr. Returns the exit status.
int DispatchAndTell(const std::vector<std::string>& words) {
  try {
    return Dispatch(words);
  } catch (const UsageError& error) {
    std::vector<std::string> help = VerbIn(words);
    help.emplace_back("--help");
    fmt::print(stderr, "deeper: {}\nTry 'deeper {}'.\n", error.what(), fmt::join(help, " "));
    return kUsage;
  } catch (const ErrorWithRemedy& error) {
    fmt::print(stderr, "deeper: {}\n{}\n", error.what(), WordsOf(error.remedy()));
    return kFailed;
  } catch (const OtherRecipe& error) {
    fmt::print(stderr, "deeper: {}\n", WordsOf(error));
    return kFailed;
  } catch (const Error& error) {
    fmt::print(stderr, "deeper: {}\n", error.what());
    return kFailed;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "deeper: out of memory; try fewer --workers or smaller pictures\n");
    return kFailed;
  } catch (const std::exception& error) {
    // Of both the end of main() says more.
    if (StopAsked() || std::ferror(stdout) != 0) return kFailed;
    fmt::print(stderr, "deeper: internal error, please report it: {}\n", error.what());
    return kInternalError;
  }
}

}  // namespace
}  // namespace deeper::tools

int main(int argc, char** argv) {
  using namespace deeper::tools;  // NOLINT(google-build-using-namespace): this is its program
  PrepareStandardStreams();
  KeepLibrariesSingleThreaded();
  KeepFreedMemory();
  // Nothing of ours writes to it. OpenCV's decoders do, beside the errors that are told by name.
  std::cerr.setstate(std::ios::failbit);
  WatchForStop();
  const int status = DispatchAndTell({argv + 1, argv + argc});
  if (StopAsked()) return StopStatus();
  const std::optional<std::string> fault = FinishStandardOutput();
  if (!fault) return status;
  fmt::print(stderr, "deeper: {}\n", *fault);
  return kFailed;
}
