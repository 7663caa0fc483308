#include "core/text/utf8.h"

#include <string>

#include "tests/support/catch.h"

using namespace deeper;

TEST_CASE("text of one to four bytes a character is UTF-8, up to the last one") {
  for (const char* text : {"",
                           "cat",
                           "caf\xC3\xA9",
                           "\xE7\x8C\xAB",
                           "\xF0\x9F\x90\x88",
                           "\xED\x9F\xBF",
                           "\xF4\x8F\xBF\xBF"}) {
    CHECK(IsUtf8(text));
    CHECK(WithoutInvalidUtf8(text) == text);
  }
}

TEST_CASE("stray, cut off, overlong, surrogate and too large sequences are not UTF-8") {
  for (const char* text : {"\x80",
                           "caf\xE9",
                           "caf\xC3",
                           "\xC0\xAF",
                           "\xE0\x9F\xBF",
                           "\xED\xA0\x80",
                           "\xF0\x8F\xBF\xBF",
                           "\xF4\x90\x80\x80",
                           "\xF5\x80\x80\x80",
                           "\xE7\x8C",
                           "\xF0\x9F\x90",
                           "\xFF",
                           "\xE7\x8C\x41"}) {
    CAPTURE(HexOf(text));
    CHECK(!IsUtf8(text));
    CHECK(IsUtf8(WithoutInvalidUtf8(text)));
  }
}

TEST_CASE("each invalid byte is replaced, the characters around it stay") {
  CHECK(WithoutInvalidUtf8("a\xFF\xC3\xA9\xE7z") == "a\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBDz");
}

TEST_CASE("hexadecimal digits give back every byte") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  CHECK(BytesOfHex(HexOf(all)) == all);
  CHECK(HexOf("caf\xE9") == "636166e9");
  CHECK(BytesOfHex("6A6a") == "jj");
  CHECK(BytesOfHex("") == "");
}

TEST_CASE("an odd number of digits and other characters are not hexadecimal bytes") {
  for (const char* digits : {"6", "6g", "g6", " 6", "-6", "+6", "0x61"}) CHECK(!BytesOfHex(digits));
}
