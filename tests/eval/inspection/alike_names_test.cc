#include "eval/inspection/alike_names.h"

#include "tests/support/catch.h"

using namespace deeper;

TEST_CASE("names look alike that people write in several ways") {
  for (const auto& [a, b] : std::vector<std::pair<std::string, std::string>>{
           {"cat", "Cat"},
           {"hot dog", "hot_dog"},
           {"hot dog", "HotDog"},
           {"traffic-light", "traffic light "},
           {"caf\u00E9", "cafe\u0301"},  // composed or not
           {"caf\u00E9", "cafe"},
           {"car", "c\u0430r"},            // a Cyrillic letter
           {"\uFF43\uFF41\uFF54", "cat"},  // full width
           {"hot\u00A0dog", "hot dog"},
           {"apple", "apples"},
           {"bus", "buses"},
           {"motorbike", "motobike"},
           {"bicycle", "bicylce"}}) {
    CAPTURE(a, b);
    CHECK(FindAlikeNames({a, b}) == std::vector<std::pair<std::string, std::string>>{{a, b}});
  }
}

TEST_CASE("names that differ are told apart, and so are numbered ones") {
  CHECK(FindAlikeNames({"aeroplane",   "bicycle", "bird",  "boat",      "bottle",
                        "bus",         "car",     "cat",   "chair",     "cow",
                        "diningtable", "dog",     "horse", "motorbike", "person",
                        "pottedplant", "sheep",   "sofa",  "train",     "tvmonitor"})
            .empty());
  CHECK(FindAlikeNames({"sign 30", "sign 50", "sign 300"}).empty());
  CHECK(FindAlikeNames({"house", "horse", "mouse"}).empty());
  CHECK(FindAlikeNames({"\u732B", "\u72AC", "\u043A\u043E\u0442", "\u043A\u0438\u0442"}).empty());
  CHECK(FindAlikeNames({"c", "c++"}).empty());
}

TEST_CASE("bytes that are not UTF-8 stay in a name's looks") {
  CHECK(LooksOf("caf\xE9") == "caf\xE9");
  CHECK(LooksOf("a\xC3") == "a\xC3");
  CHECK(LooksOf("a\xEF\xBC") == "a\xEF\xBC");
}
