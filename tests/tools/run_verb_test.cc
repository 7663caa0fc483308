#include "tests/tools/run_verb.h"

#include "tests/support/catch.h"

namespace deeper::test {
namespace {

using Strings = std::vector<std::string>;

TEST_CASE("a command line is taken apart at its blanks, but the values put into it are not") {
  CHECK(Words("") == Strings{});
  CHECK(Words("detect  a.jpg --json ") == Strings{"detect", "a.jpg", "--json"});
  CHECK(Words("--output {} --shard {}/{}", "found here", 2, std::string("3")) ==
        Strings{"--output", "found here", "--shard", "2/3"});
  CHECK(Words("--model @{}", std::filesystem::path("a {} b")) == Strings{"--model", "@a {} b"});
}

TEST_CASE("a list of words is put into a command line word by word, or not at all") {
  CHECK(Words("merge {} --json", Strings{"a b", "c"}) == Strings{"merge", "a b", "c", "--json"});
  CHECK(Words("merge {} --json", Strings{}) == Strings{"merge", "--json"});
  CHECK_THROWS_AS(Words("--output={}", Strings{"a"}), ContractViolation);
}

TEST_CASE("a command line has as many places as values") {
  CHECK_THROWS_AS(Words("--output {}"), ContractViolation);
  CHECK_THROWS_AS(Words("--output", "found"), ContractViolation);
}

}  // namespace
}  // namespace deeper::test
