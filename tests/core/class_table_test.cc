#include "core/class_table.h"

#include <string>
#include <vector>

#include "core/class_index.h"
#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

ClassTable Animals() {
  return {.classes = {{.name = "cat", .wordnet_id = "n02121808"},
                      {.name = "aeroplane", .wordnet_id = ""},
                      {.name = "sheep", .wordnet_id = "n02411705"}}};
}

TEST_CASE("a class is found by its name and by its WordNet id") {
  REQUIRE(Animals().Find("sheep") == ClassAt(2));
  REQUIRE(Animals().Find("n02121808") == ClassAt(0));
}

TEST_CASE("names compare exactly, and an empty name finds no class without WordNet id") {
  REQUIRE_FALSE(Animals().Find("Cat").has_value());
  REQUIRE_FALSE(Animals().Find("shee").has_value());
  REQUIRE_FALSE(Animals().Find("").has_value());
}

TEST_CASE("a WordNet id is preferred to another class's name") {
  const ClassTable table{
      .classes = {{.name = "b", .wordnet_id = ""}, {.name = "a", .wordnet_id = "b"}}};
  REQUIRE(table.Find("b") == ClassAt(1));
}

namespace {

// ImageNet's two, and another class.
ClassTable Cranes() {
  return {.classes = {{.name = "crane", .wordnet_id = "n02012849"},
                      {.name = "sheep", .wordnet_id = "n02411705"},
                      {.name = "crane", .wordnet_id = "n03126707"}}};
}

}  // namespace

TEST_CASE("two classes of one name are told apart by WordNet ids, and the name alone is refused") {
  CHECK(Cranes().Find("n03126707") == ClassAt(2));
  CHECK(ClassIndex(Cranes()).Find(ClassInfo{.name = "crane", .wordnet_id = "n03126707"}) ==
        ClassAt(2));
  CHECK(Cranes().Find("sheep") == ClassAt(1));
  CHECK_THROWS_AS(ClassIndex(Cranes()).Find("crane"), Error);
  CHECK_THROWS_WITH(Cranes().Find("crane"),
                    Catch::StartsWith("class name 'crane' is that of 2 classes") &&
                        Catch::EndsWith("n02012849, n03126707"));
  CHECK(ClassIndex(Cranes()).IsAmbiguous("crane"));
  CHECK_FALSE(ClassIndex(Cranes()).IsAmbiguous("n02012849"));
}

TEST_CASE("files and people are given names that tell the classes apart") {
  CHECK(DistinctNames(Cranes()) == std::vector<std::string>{"n02012849", "sheep", "n03126707"});
  CHECK(NamesForPeople(Cranes()) ==
        std::vector<std::string>{"crane (n02012849)", "sheep", "crane (n03126707)"});
  ClassTable without = Cranes();
  for (ClassInfo& info : without.classes) info.wordnet_id.clear();
  CHECK_THROWS_WITH(DistinctNames(without), Catch::Contains("'crane'"));
  CHECK(NamesForPeople(without)[0] == "crane");
}

TEST_CASE("a table of names keeps their order") {
  const ClassTable table = ClassTableOf({"dog", "cat"});
  REQUIRE(table.Size() == 2);
  REQUIRE(table.Name(ClassAt(0)) == "dog");
  REQUIRE(table.Name(ClassAt(1)) == "cat");
  REQUIRE(table.classes[0].wordnet_id.empty());
}

TEST_CASE("a repeated or an empty name is refused by name or position") {
  REQUIRE_THROWS_WITH(ClassTableOf({"dog", "cat", "dog"}), Catch::Contains("'dog'"));
  REQUIRE_THROWS_AS(ClassTableOf({"dog", "cat", "dog"}), Error);
  REQUIRE_THROWS_WITH(ClassTableOf({"dog", ""}), Catch::Contains("class 2 of 2"));
}

TEST_CASE("the nearest class name is one slip away") {
  REQUIRE(NearestClassName(Animals(), "aeroplan") == "aeroplane");
  REQUIRE(NearestClassName(Animals(), "airoplane") == "aeroplane");
  REQUIRE(NearestClassName(Animals(), "sheeep") == "sheep");
}

TEST_CASE("the nearer of two near names is suggested, the first of two equally near") {
  const ClassTable table = ClassTableOf({"carton", "cartoon", "cartoos"});
  REQUIRE(NearestClassName(table, "cartoons") == "cartoon");
  REQUIRE(NearestClassName(table, "cartonn") == "carton");
}

TEST_CASE("a name that differs in more than a third of its letters suggests nothing") {
  REQUIRE(NearestClassName(Animals(), "sheXX") == std::nullopt);
  REQUIRE(NearestClassName(Animals(), "sheeX") == "sheep");
  REQUIRE(NearestClassName(Animals(), "bicycle") == std::nullopt);
  REQUIRE(NearestClassName(ClassTable{}, "cat") == std::nullopt);
}

TEST_CASE("classes sorted by name keep their ids' meaning") {
  ClassTable table = ClassTableOf({"dog", "Zebra", "cat"});
  const std::vector<ClassId> new_ids = SortByName(table);
  CHECK(table == ClassTableOf({"Zebra", "cat", "dog"}));
  CHECK(new_ids == std::vector<ClassId>{ClassAt(2), ClassAt(0), ClassAt(1)});
}

}  // namespace
}  // namespace deeper
