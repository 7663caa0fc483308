// The same bytes in any locale: that of the environment, and that of a program that sets its own
// and calls the library.

#include <fmt/format.h>

#include <clocale>
#include <cstdlib>
#include <locale>

#include "core/files/file.h"
#include "tests/support/captured_output.h"
#include "tests/support/catch.h"
#include "tests/torture/program.h"
#include "tests/torture/small_detector.h"
#include "tools/options/exit_status.h"
#include "tools/verbs/verbs.h"

namespace deeper::test {
namespace {

namespace fs = std::filesystem;

// Decimal commas and dots between thousands, in a one-byte encoding and in UTF-8; and an i whose
// capital is not ASCII's.
struct Locale {
  const char* name;
  const char* source;
  const char* encoding;
};
constexpr Locale kLocales[] = {{"de_DE.ISO-8859-1", "de_DE", "ISO-8859-1"},
                               {"de_DE.UTF-8", "de_DE", "UTF-8"},
                               {"tr_TR.UTF-8", "tr_TR", "UTF-8"}};

// Makes the locales in the directory, whatever the system has. Returns whether that worked.
bool MakeLocales(const fs::path& directory) {
  fs::create_directories(directory);
  for (const auto& [name, source, encoding] : kLocales) {
    if (!IsInstalled("localedef")) return false;
    const Ran ran =
        RunProgram({"localedef", "-i", source, "-f", encoding, (directory / name).string()});
    if (ran.status > 1) return false;  // 1: with warnings
    if (!fs::exists(directory / name / "LC_NUMERIC")) return false;
  }
  return true;
}

// Detects with `detect_more`, and evaluates the result with `evaluate_more`. Returns the bytes of
// all files, and what the evaluation printed, by name.
template <typename RunVerb>
std::map<std::string, std::string> ResultsOf(const SmallDetector& detector,
                                             const std::vector<std::string>& detect_more,
                                             const std::vector<std::string>& evaluate_more,
                                             const RunVerb& run) {
  const fs::path output = detector / "found";
  std::vector<std::string> words = detector.Detect(output, {"--format", "jsonl,coco,voc,ilsvrc"});
  words.insert(words.end(), detect_more.begin(), detect_more.end());
  run(words);
  words = {"evaluate",
           "--data",
           "csv:" + (detector / "truth.csv").string() + "," + detector.pictures.string(),
           "--detections",
           (output / "detections.jsonl").string(),
           "--metric",
           "voc07,ilsvrc",
           "--bootstrap",
           "20",
           "--report",
           (output / "report").string()};
  words.insert(words.end(), evaluate_more.begin(), evaluate_more.end());
  std::map<std::string, std::string> results = {{"evaluation", run(words)}};
  results.merge(FilesBelow(output));
  fs::remove_all(output);
  return results;
}

// Sets the global locale of C++ and C while this exists.
class GlobalLocale {
 public:
  GlobalLocale(const fs::path& directory, const std::string& name) {
    setenv("LOCPATH", directory.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): no other thread yet
    before_ = std::locale::global(std::locale(name));
  }
  GlobalLocale(const GlobalLocale&) = delete;
  GlobalLocale& operator=(const GlobalLocale&) = delete;
  ~GlobalLocale() {
    std::locale::global(before_);
    unsetenv("LOCPATH");  // NOLINT(concurrency-mt-unsafe)
  }

 private:
  std::locale before_;
};

TEST_CASE("detections, evaluations and reports are the same bytes in any locale") {
  // The report says when it was made.
  setenv("SOURCE_DATE_EPOCH", "0", 1);  // NOLINT(concurrency-mt-unsafe): no other thread yet
  const SmallDetector detector(4, 3);
  fs::copy(detector.pictures / "p000.jpg", detector.pictures / "b\xC3\xA4r-\xC3\x9FI\xC4\xB1.jpg");
  WriteFileWhole(
      detector / "truth.csv",
      "image,class,x0,y0,x1,y1\np000,red,4.5,4.25,40,40\np001,blue,1.5,1.5,30.75,46\n"
      "p002,red,0,0,48,48\np003,blue,0,0,48,48\nb\xC3\xA4r-\xC3\x9FI\xC4\xB1,red,0,0,48,48\n");
  const fs::path locales = detector / "locales";
  if (!MakeLocales(locales)) {
    WARN("skipped: needs localedef and the sources of locales (package locales)");
    return;
  }
  const auto by_program = [&](const std::map<std::string, std::string>& environment) {
    const auto run = [&](const std::vector<std::string>& words) {
      const Ran ran = RunDeeper(words, {.environment = environment});
      CAPTURE(ran.text);
      REQUIRE(ran.status == tools::kDone);
      return words.front() == "evaluate" ? ran.text : "";
    };
    return ResultsOf(detector, {"--min-score", "-0.5"}, {"--iou", "0.75"}, run);
  };
  // Numbers in the words are read by the global locale, which the program never sets.
  const auto by_library = [&] {
    const auto run = [&](std::vector<std::string> words) {
      const std::string verb = words.front();
      words.erase(words.begin());
      CapturedOutput output;
      const int status = verb == "detect" ? tools::RunDetect(words) : tools::RunEvaluate(words);
      const std::string text = output.Text();
      REQUIRE(status == tools::kDone);
      return verb == "evaluate" ? text : "";
    };
    return ResultsOf(detector, {}, {}, run);
  };
  const std::map<std::string, std::string> own = by_program({{"LC_ALL", "C"}});
  const std::map<std::string, std::string> own_by_library = by_library();
  REQUIRE(own.size() > 10);
  for (const Locale& locale : kLocales) {
    CAPTURE(locale.name);
    const std::map<std::string, std::string> environment = {{"LOCPATH", locales.string()},
                                                            {"LC_ALL", locale.name}};
    const Ran shown = RunProgram({"locale", "decimal_point"}, {.environment = environment});
    REQUIRE(shown.text == ",\n");  // the locale is in force
    CHECK(by_program(environment) == own);
    const GlobalLocale global(locales, locale.name);
    REQUIRE(std::localeconv()->decimal_point == std::string(","));
    CHECK(by_library() == own_by_library);
  }
}

}  // namespace
}  // namespace deeper::test
