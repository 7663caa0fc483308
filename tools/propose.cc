#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.h"
#include "core/file.h"
#include "core/read_image.h"
#include "proposals/recall.h"
#include "proposals/selective_search.h"
#include "tools/command_line.h"
#include "tools/data_source.h"
#include "tools/network_options.h"
#include "tools/parallel.h"
#include "tools/pictures.h"
#include "tools/progress.h"
#include "tools/verbs.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

struct ProposeArguments {
  std::vector<std::string> inputs;
  DataSource data;
  ProposalOptions proposals;
  std::string output;
  int workers = 0;
  bool json = false;
};

// What one picture gave: its proposals, or why it has none.
struct Proposed {
  std::vector<Proposal> proposals;
  int width = 0;
  int height = 0;
  double seconds = 0;
  std::string error;
};

Proposed ProposeFor(const Picture& picture, const SelectiveSearchOptions& options) {
  Proposed proposed;
  try {
    const Image image = ReadImage(picture.path);
    proposed.width = image.width;
    proposed.height = image.height;
    const auto start = std::chrono::steady_clock::now();
    proposed.proposals = SelectiveSearch(image, options);
    proposed.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  } catch (const Error& error) {
    proposed.error = error.what();
  }
  return proposed;
}

// {"image": id, "width": w, "height": h, "boxes": [[x0, y0, x1, y1], ...]}, best box first.
std::string JsonLine(const Picture& picture, const Proposed& proposed) {
  nlohmann::ordered_json line;
  line["image"] = picture.id;
  line["width"] = proposed.width;
  line["height"] = proposed.height;
  line["boxes"] = nlohmann::ordered_json::array();
  for (const Proposal& proposal : proposed.proposals) {
    const Box& box = proposal.box;
    line["boxes"].push_back({box.x0, box.y0, box.x1, box.y1});
  }
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

bool ParsePropose(const Arguments& words, ProposeArguments& arguments) {
  CommandLine line(
      "propose",
      "Boxes that may hold an object of any class, best first; with annotations, how many objects "
      "they cover.",
      {"deeper propose photos/ --output proposals.jsonl",
       "deeper propose --data voc:VOC2007 --set test --proposals fast",
       "deeper propose --data voc:VOC2007 --set test --selective-search opencv --workers 1"});
  // clang-format off
  line.Group("Input").add_options()
      ("input", po::value(&arguments.inputs)->value_name("PICTURE"), "pictures, directories, patterns, @lists; the word itself is enough");
  arguments.data.AddOptions(line.Group("Input from a data set, to measure recall"));
  arguments.proposals.AddOptions(line.Group("Proposals (default: x2)"));
  auto& output = line.Group("Output");
  output.add_options()
      ("output", po::value(&arguments.output)->value_name("FILE"), "JSON lines, one a picture; default without --data: stdout")
      ("json", po::bool_switch(&arguments.json), "recall as a JSON object")
      ("workers", po::value(&arguments.workers)->value_name("N"), "threads, each on its own picture; default: one for each processor");
  // clang-format on
  line.TakeWords("input", "PICTURE...");
  if (!line.Parse(words)) return false;
  if (arguments.inputs.empty() == !arguments.data.Given()) {
    throw UsageError("expected pictures or --data, one of the two");
  }
  if (arguments.workers == 0) arguments.workers = DefaultWorkers();
  CheckRange("workers", arguments.workers, 1, 4096);
  return true;
}

std::string QualityText(const ProposalQuality& quality, double ms_per_image) {
  std::string text = fmt::format(
      "{} pictures, {} objects, {:.0f} boxes a picture, {:.0f} ms a picture on one core\n"
      "recall at IoU 0.5  {:.4f}\nrecall at IoU 0.7  {:.4f}\naverage recall     {:.4f}\nMABO       "
      "        {:.4f}\n\n"
      "    boxes  recall 0.5  recall 0.7  average recall\n",
      quality.images,
      quality.objects,
      quality.boxes_per_image,
      ms_per_image,
      quality.recall_50,
      quality.recall_70,
      quality.average_recall,
      quality.mean_average_best_overlap);
  for (const RecallAtBoxes& point : quality.curve) {
    text += fmt::format("{:>9}  {:>10.4f}  {:>10.4f}  {:>14.4f}\n",
                        point.box_count,
                        point.recall_50,
                        point.recall_70,
                        point.average_recall);
  }
  return text;
}

std::string AboText(const ProposalQuality& quality, const ClassTable& classes) {
  std::string text = "\nclass                ABO\n";
  for (std::size_t i = 0; i < classes.Size(); ++i) {
    const std::optional<double>& abo = quality.average_best_overlap[i];
    text += fmt::format(
        "{:<16}  {}\n", classes.Name(ClassAt(i)), abo ? fmt::format("{:.4f}", *abo) : "  -");
  }
  return text;
}

nlohmann::ordered_json QualityJson(const ProposalQuality& quality,
                                   const ClassTable& classes,
                                   double ms_per_image) {
  nlohmann::ordered_json json{{"images", quality.images},
                              {"objects", quality.objects},
                              {"boxes_per_image", quality.boxes_per_image},
                              {"ms_per_image", ms_per_image},
                              {"recall_50", quality.recall_50},
                              {"recall_70", quality.recall_70},
                              {"average_recall", quality.average_recall},
                              {"mabo", quality.mean_average_best_overlap}};
  for (std::size_t i = 0; i < classes.Size(); ++i) {
    const std::optional<double>& abo = quality.average_best_overlap[i];
    json["abo"][classes.Name(ClassAt(i))] =
        abo ? nlohmann::ordered_json(*abo) : nlohmann::ordered_json();
  }
  for (const RecallAtBoxes& point : quality.curve) {
    json["curve"].push_back({{"boxes", point.box_count},
                             {"recall_50", point.recall_50},
                             {"recall_70", point.recall_70},
                             {"average_recall", point.average_recall}});
  }
  return json;
}

}  // namespace

int RunPropose(const Arguments& words) {
  ProposeArguments arguments;
  if (!ParsePropose(words, arguments)) return kDone;
  const SelectiveSearchOptions options =
      arguments.proposals.Over(DoubleSuperpixelSelectiveSearch());
  std::optional<Dataset> truth;
  if (arguments.data.Given()) truth = ReadDataSource(arguments.data);
  const std::vector<Picture> pictures = truth ? PicturesOf(*truth) : FindPictures(arguments.inputs);

  if (!arguments.output.empty()) RequireWritable(arguments.output);
  std::string lines;
  std::size_t failed = 0;
  double seconds = 0;
  std::vector<std::vector<Proposal>> all(truth ? pictures.size() : 0);
  {
    ProgressLine progress("proposing", "pictures", pictures.size());
    ForEachInOrder<Proposed>(
        pictures.size(),
        arguments.workers,
        [&](std::size_t i) { return ProposeFor(pictures[i], options); },
        [&](std::size_t i, Proposed proposed) {
          if (proposed.error.empty()) {
            seconds += proposed.seconds;
            if (!truth || !arguments.output.empty()) lines += JsonLine(pictures[i], proposed);
            if (truth) all[i] = std::move(proposed.proposals);
          } else {
            progress.Say("skipped: " + proposed.error);
            ++failed;
          }
          progress.Advance();
        });
  }
  if (StopAsked()) return StopStatus();

  if (!arguments.output.empty()) {
    WriteFileWhole(arguments.output, lines);
  } else if (!truth) {
    std::fputs(lines.c_str(), stdout);
  }
  if (truth) {
    const ProposalQuality quality = EvaluateProposals(*truth, all);
    const double ms_per_image =
        1e3 * seconds / static_cast<double>(std::max<std::size_t>(1, pictures.size() - failed));
    if (arguments.json) {
      fmt::print("{}\n", QualityJson(quality, truth->classes, ms_per_image).dump());
    } else {
      fmt::print("{}{}", QualityText(quality, ms_per_image), AboText(quality, truth->classes));
    }
  }
  return failed == 0 ? kDone : kSomeInputsFailed;
}

}  // namespace deeper::tools
