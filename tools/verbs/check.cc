#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "core/files/file.h"
#include "core/files/path_kind.h"
#include "core/work/parallel.h"
#include "eval/drawing/class_sheets.h"
#include "eval/inspection/check_data.h"
#include "eval/inspection/check_text.h"
#include "eval/report/data_report.h"
#include "tools/input/data_source.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/options/reading_options.h"
#include "tools/run/progress.h"
#include "tools/run/stop_signal.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

struct CheckArguments {
  DataSource data;
  std::vector<std::string> against;
  ReadingOptions reading;
  CheckDataOptions options;
  std::string report;
  std::size_t limit = 5;
  int workers = 0;
  bool json = false;
};

bool ParseCheck(const Arguments& words, CheckArguments& a) {
  CommandLine line(
      "check",
      "What is wrong with a data set: boxes that are swapped, outside, tiny or drawn twice, "
      "pictures that cannot be read or have another size than annotated, copies in a set or in two "
      "of them, what lacks its picture or annotation, class names that look alike. Ends with "
      "status 3 where something is wrong.",
      {"deeper check --data my-export",
       "deeper check --data voc:VOC2007 --set train,test --report report/",
       "deeper check --data coco:train.json,pictures --against coco:test.json,pictures",
       "deeper check --data yolo:my-export --headers-only --json"});
  // clang-format off
  auto& data = line.Group("Data (without --set all sets are checked, and with one another; --set train,test: these)");
  a.data.AddOptions(data);
  data.add_options()
      ("against", po::value(&a.against)->multitoken()->value_name("PATH"), "further data sets, named as in --data, that must not have pictures of this one");
  a.reading.AddOptions(data);
  line.Group("What counts as wrong").add_options()
      ("tiny", po::value(&a.options.suspicion.tiny_px)->default_value(a.options.suspicion.tiny_px)->value_name("PX"), "boxes with a side below are tiny")
      ("same-iou", po::value(&a.options.suspicion.same_iou)->default_value(a.options.suspicion.same_iou)->value_name("IOU"), "two boxes of a class that overlap by more are one drawn twice")
      ("headers-only", po::bool_switch(&a.options.headers_only), "read the headers of pictures alone: faster, but what is broken behind them and copies stay unfound");
  auto& output = line.Group("Output");
  output.add_options()
      ("report", po::value(&a.report)->value_name("DIR"), "write DIR/report.html, one page with what is wrong and all classes, and a contact sheet a class, DIR/classes/")
      ("limit", po::value(&a.limit)->default_value(a.limit)->value_name("N"), "places that are printed of each fault; 0: all")
      ("json", po::bool_switch(&a.json), "all of it as a JSON object on stdout")
      ("workers", po::value(&a.workers)->value_name("N"), "threads; default: one for each processor");
  // clang-format on
  line.Restrict({{.options = "limit", .without = "json"}});
  if (!line.Parse(words)) return false;
  if (!a.data.Given()) throw UsageError("expected --data, an annotated data set");
  a.reading.Check();
  a.options.reading = a.reading.ForReading();
  a.options.workers = a.workers == 0 ? DefaultWorkers() : a.workers;
  CheckOptions(a.options);
  return true;
}

// Whether a data set that is read whole has every picture in the folders of its pictures: not where
// lists choose some, nor a file that is one of several.
bool NamesEveryPicture(const DataSource& source) {
  const std::string kind = source.Kind();
  if (kind == "voc" || kind == "yolo" || kind == "ilsvrc") return false;  // readers find all
  if (!source.set.empty()) return false;
  const std::string place =
      source.data.starts_with(kind + ":") ? source.data.substr(kind.size() + 1) : source.data;
  const fs::path path = SplitPlace(place).first;
  if (IsDirectory(path)) return true;
  const fs::path home = path.has_parent_path() ? path.parent_path() : fs::path(".");
  return std::ranges::count_if(fs::directory_iterator(home), [&](const fs::directory_entry& entry) {
           return entry.path().extension() == path.extension();
         }) == 1;
}

// The sets that the source names, each read.
std::vector<CheckedSet> ReadSets(const DataSource& source) {
  SayLayout(source);
  std::vector<std::string> names =
      source.set.empty() ? SetsOf(source) : SplitAtCommas("set", source.set);
  if (names.empty()) names.emplace_back();
  std::vector<CheckedSet> sets;
  for (const std::string& name : names) {
    DataSource one = source;
    one.set = name;
    sets.push_back({.name = name, .read = ReadData(one)});
  }
  for (const std::string& taken :
       source.set.empty() ? TakeOutUnions(sets) : std::vector<std::string>()) {
    fmt::print(stderr, "'{}' is other sets together: checked as those\n", taken);
  }
  return sets;
}

std::vector<CheckedSet> ReadAllSets(const CheckArguments& arguments) {
  std::vector<CheckedSet> sets = ReadSets(arguments.data);
  for (const std::string& word : arguments.against) {
    DataSource other = arguments.data;
    other.data = word;
    other.set = "";
    for (CheckedSet& set : ReadSets(other)) sets.push_back(std::move(set));
  }
  if (arguments.against.empty()) return sets;
  // Sets of several data sets are told apart by the data set's name where they have none, or share
  // it.
  for (CheckedSet& set : sets) {
    if (set.name.empty()) set.name = set.read.dataset.name;
  }
  for (std::size_t s = 1; s < sets.size(); ++s) {
    const auto is_taken = [&](const std::string& name) {
      return std::any_of(sets.begin(),
                         sets.begin() + static_cast<std::ptrdiff_t>(s),
                         [&](const CheckedSet& set) { return set.name == name; });
    };
    const std::string wanted = sets[s].name;
    for (int number = 2; is_taken(sets[s].name); ++number) {
      sets[s].name = fmt::format("{} ({})", wanted, number);
    }
  }
  return sets;
}

// "03-hot dog.jpg": numbered, since several names may be one as a file.
std::string SheetName(std::size_t number, const std::string& class_name) {
  constexpr std::size_t kMostBytes = 100;
  std::string name = class_name.substr(0, kMostBytes);
  std::ranges::replace_if(
      name,
      [](char c) {
        return c == '/' || c == '\\' || std::iscntrl(static_cast<unsigned char>(c)) != 0;
      },
      '_');
  return fmt::format("{:02}-{}.jpg", number, name);
}

void WriteReport(const CheckArguments& arguments, const DataCheck& check) {
  constexpr std::size_t kMostObjects = 1200;  // on all sheets
  constexpr std::size_t kMostTiles = 24;
  std::vector<const Dataset*> datasets;
  std::vector<std::string> classes;
  for (const CheckedSet& set : check.sets) datasets.push_back(&set.read.dataset);
  for (const CheckedClass& one : check.classes) classes.push_back(one.name);
  ClassSheetOptions options;
  options.most_tiles = std::clamp<std::size_t>(
      kMostObjects / std::max<std::size_t>(1, classes.size()), 1, kMostTiles);
  options.reading = arguments.reading.ForReadingAgain();
  options.workers = arguments.options.workers;
  std::vector<std::vector<std::uint8_t>> sheets =
      DrawClassSheets(datasets, classes, options, TerminalMonitor());
  const fs::path directory = arguments.report;
  for (std::size_t c = 0; c < sheets.size(); ++c) {
    if (sheets[c].empty()) continue;
    WriteFileWhole(directory / "classes" / SheetName(c + 1, classes[c]), sheets[c]);
  }
  WriteFileWhole(
      directory / "report.html",
      DataReportHtml({.check = check, .name = arguments.data.data, .sheets = std::move(sheets)}));
  fmt::print(stderr, "report -> {}\n", (directory / "report.html").string());
}

}  // namespace

int RunCheck(const Arguments& words) {
  CheckArguments arguments;
  if (!ParseCheck(words, arguments)) return kDone;
  if (!arguments.report.empty()) RequireWritable(fs::path(arguments.report) / "report.html");
  arguments.options.names_every_picture =
      arguments.against.empty() && NamesEveryPicture(arguments.data);
  const DataCheck check = CheckData(ReadAllSets(arguments), arguments.options, TerminalMonitor());
  if (!check.finished) return StopStatus();
  if (!arguments.report.empty()) WriteReport(arguments, check);
  if (StopAsked()) return StopStatus();
  if (arguments.json) {
    fmt::print("{}\n", CheckJson(check, arguments.data.data));
  } else {
    fmt::print("{}", CheckText(check, arguments.limit));
  }
  return check.findings.empty() ? kDone : kSomeInputsFailed;
}

}  // namespace deeper::tools
