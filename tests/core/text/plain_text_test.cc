#include "core/text/plain_text.h"

#include <string>
#include <string_view>

#include "core/error.h"
#include "core/text/percent.h"
#include "tests/support/catch.h"

using namespace deeper;
using namespace std::string_view_literals;

namespace {

std::string Plain(std::string_view bytes) { return PlainText(std::string(bytes), "list.txt"); }

}  // namespace

TEST_CASE("a byte order mark is dropped and text without one stays, in any encoding") {
  CHECK(Plain("\xEF\xBB\xBF"
              "a\n") == "a\n");
  CHECK(Plain("a\r\nb") == "a\r\nb");
  CHECK(Plain("caf\xE9") == "caf\xE9");
  CHECK(Plain("").empty());
  CHECK(Plain("\xEF\xBB\xBF").empty());
}

TEST_CASE("UTF-16 becomes UTF-8, of either byte order, with a mark or without") {
  // "é", "猫" and U+1F600, which is a pair: by Python's str.encode.
  CHECK(Plain("\xFF\xFE\xE9\0\x2B\x73\x3D\xD8\x00\xDE"sv) ==
        "\xC3\xA9\xE7\x8C\xAB\xF0\x9F\x98\x80");
  CHECK(Plain("\xFE\xFF\0\xE9\x73\x2B\xD8\x3D\xDE\x00"sv) ==
        "\xC3\xA9\xE7\x8C\xAB\xF0\x9F\x98\x80");
  CHECK(Plain("a\0b\0\r\0\n\0"sv) == "ab\r\n");
  CHECK(Plain("\0a\0b\0\n"sv) == "ab\n");
}

TEST_CASE("UTF-16 that is cut or has half a pair, and UTF-32, are refused by name") {
  CHECK_THROWS_WITH(Plain("\xFF\xFE"
                          "a"sv),
                    Catch::Contains("list.txt: expected text, found UTF-16"));
  CHECK_THROWS_WITH(Plain("\xFF\xFE\x3D\xD8"sv), Catch::Contains("UTF-16"));
  CHECK_THROWS_WITH(Plain("\xFF\xFE\x3D\xD8x\0"sv), Catch::Contains("UTF-16"));
  CHECK_THROWS_WITH(Plain("\xFF\xFE\0\0a\0\0\0"sv), Catch::Contains("UTF-32"));
}

TEST_CASE("NULs at the end are dropped, those inside are an error with their line") {
  CHECK(Plain("a\nb\n\0\0\0"sv) == "a\nb\n");
  CHECK_THROWS_WITH(Plain("one\ntwo\0x\n"sv),
                    Catch::Contains("list.txt:2: expected text, found a NUL"));
}

TEST_CASE("a carriage return alone ends lines where nothing else does") {
  CHECK(Plain("a\rb\r") == "a\nb\n");
  CHECK(Plain("a\rb\n") == "a\rb\n");
}

TEST_CASE("percent signs stand for bytes only before two hexadecimal digits") {
  CHECK(PercentDecoded("my%20picture%20%C3%a9.jpg") == "my picture \xC3\xA9.jpg");
  CHECK(PercentDecoded("50%") == "50%");
  CHECK(PercentDecoded("%zz%2") == "%zz%2");
  CHECK(PercentDecoded("a%00b") == "a%00b");
}
