#include "tools/options/remedy_words.h"

#include "tests/support/catch.h"

namespace deeper::tools {
namespace {

TEST_CASE("a remedy's words name the program's own command or option") {
  CHECK_THAT(WordsOf(Remedy::kMeasureQuantization),
             Catch::StartsWith("Try 'deeper model quantize'"));
  CHECK_THAT(WordsOf(Remedy::kCalibrate), Catch::StartsWith("Try 'deeper train calibrate'"));
  CHECK_THAT(WordsOf(Remedy::kTrainMultiBox), Catch::StartsWith("Try 'deeper train multibox'"));
  CHECK_THAT(WordsOf(Remedy::kNameBackbone), Catch::StartsWith("Try --backbone FILE"));
  CHECK_THAT(WordsOf(Remedy::kReadFingerprint), Catch::StartsWith("Try 'deeper model info'"));
  CHECK_THAT(WordsOf(Remedy::kNameClasses),
             Catch::StartsWith("Try --classes") && Catch::Contains("--allow-unknown-classes"));
  CHECK_THAT(WordsOf(Remedy::kNameDataset), Catch::StartsWith("Try --data KIND:PATH"));
  CHECK_THAT(WordsOf(Remedy::kNamePictures), Catch::StartsWith("Try --images DIR"));
}

}  // namespace
}  // namespace deeper::tools
