#include "eval/formats/reading/fields.h"

#include <cmath>
#include <string>
#include <string_view>

#include "eval/formats/reading/json_stream.h"
#include "eval/formats/reading/labels.h"
#include "tests/support/catch.h"

using namespace deeper;
using namespace std::string_view_literals;

TEST_CASE("words that say yes, words that say no, and what is neither") {
  for (const char* yes :
       {"1", "true", "True", "TRUE", "yes", "Y", "t", "on", " 1 ", "1.0", "\"yes\""}) {
    CAPTURE(yes);
    CHECK(YesNoOf(yes) == true);
  }
  for (const char* no :
       {"0", "false", "False", "no", "N", "f", "off", "", "  ", "0.0", "none", "None", "null"}) {
    CAPTURE(no);
    CHECK(YesNoOf(no) == false);
  }
  for (const char* neither : {"Unspecified", "maybe", "2", "-1", "0.5", "nan"}) {
    CAPTURE(neither);
    CHECK(YesNoOf(neither) == std::nullopt);
  }
  std::vector<Warning> warnings;
  CHECK_FALSE(FlagOf("Unspecified", "difficult", "a.xml", warnings));
  CHECK(FlagOf("yes", "difficult", "a.xml", warnings));
  CHECK(warnings == std::vector<Warning>{
                        {.where = "a.xml",
                         .reason = "'difficult' is 'Unspecified', neither yes nor no: taken as no",
                         .loses = false}});
}

TEST_CASE("whole numbers may be written with a point or exponent, fractions are none") {
  CHECK(WholeNumberOf("7") == 7);
  CHECK(WholeNumberOf("7.0") == 7);
  CHECK(WholeNumberOf("1.000000000000000000e+00") == 1);
  CHECK(WholeNumberOf(" 1e2 ") == 100);
  CHECK(WholeNumberOf("-3.") == -3);
  CHECK(WholeNumberOf("9223372036854775807") == 9223372036854775807);
  for (const char* none : {"", "1.5", "x", "1x", "1e300", "nan", "inf"}) {
    CAPTURE(none);
    CHECK(WholeNumberOf(none) == std::nullopt);
  }
}

TEST_CASE("sizes are numbers of pixels, or not known") {
  CHECK(PixelsOf("640") == 640);
  CHECK(PixelsOf("640.0") == 640);
  for (const char* none : {"", "0", "-5", "x", "1e10", "nan"}) {
    CAPTURE(none);
    CHECK(PixelsOf(none) == 0);
  }
  CHECK(CoordinateOf("1.5"sv) == 1.5F);
  CHECK(std::isnan(CoordinateOf("1e39"sv)));
  CHECK(std::isnan(CoordinateOf("1x"sv)));
}

TEST_CASE("an id is a number or a word, whatever its type") {
  CHECK(IdText("7") == "7");
  CHECK(IdText("7.0") == "7");
  CHECK(IdText("007") == "007");
  CHECK(IdText(" a ") == "a");
  const auto record = nlohmann::json::parse(
      R"({"a": 7, "b": "7", "c": 7.0, "d": "x", "e": null, "f": [1], "w": "640", "s": "0.5", "t": true})");
  CHECK(IdAt(record, "a") == "7");
  CHECK(IdAt(record, "b") == "7");
  CHECK(IdAt(record, "c") == "7");
  CHECK(IdAt(record, "d") == "x");
  CHECK(IdAt(record, "e").empty());
  CHECK(IdAt(record, "f").empty());
  CHECK(PixelsAt(record, "w") == 640);
  CHECK(NumberAt(record, "s") == 0.5);
  CHECK(NumberAt(record, "t") == std::nullopt);
}

TEST_CASE("names are trimmed, unquoted and written with slashes") {
  CHECK(Trimmed(" \t a b\xC2\xA0\r\n") == "a b");
  CHECK(Trimmed("\xC2\xA0 ").empty());
  CHECK(Unquoted(" \"IMG 1\" ") == "IMG 1");
  CHECK(Unquoted("'") == "'");
  CHECK(FileNameOf(".\\set1\\a.jpg") == "set1/a.jpg");
  CHECK(IsAbsoluteName("C:/a.jpg"));
  CHECK(IsAbsoluteName("/a.jpg"));
  CHECK_FALSE(IsAbsoluteName("c/a.jpg"));
  CHECK(LastPart("a/b/c") == "c");
}

TEST_CASE("ids of file names are as short as tells them apart") {
  using Names = std::vector<std::string>;
  CHECK(IdsOfFileNames({"a.jpg", "b/c.JPG", "v1.2"}) == Names{"a", "b/c", "v1.2"});
  CHECK(IdsOfFileNames({"a.jpg", "a.png"}) == Names{"a.jpg", "a.png"});
  CHECK(IdsOfFileNames({"/x/1/a.jpg", "/x/1/b.jpg"}) == Names{"a", "b"});
  CHECK(IdsOfFileNames({"/x/1/a.jpg", "/x/2/a.jpg", "/x/2/b.jpg"}) == Names{"1/a", "2/a", "b"});
  CHECK(IdsOfFileNames({"C:/p/a.jpg", "a.jpg"}) == Names{"p/a", "a"});
  CHECK(IdsOfFileNames({"a.jpg", "a.jpg"}) == Names{"a", "a"});
  CHECK(IdsOfFileNames({"/a.jpg", ""}) == Names{"a", ""});
}
