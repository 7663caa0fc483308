#include "backbone/files/protobuf_wire.h"

#include <limits>

#include "core/error.h"
#include "tests/support/catch.h"

// The bytes are those of the examples in protobuf.dev/programming-guides/encoding, or follow from
// its rules.

namespace deeper {
namespace {

TEST_CASE("150 in field 1 is 08 96 01, as protobuf's guide has it") {
  REQUIRE(NumberField(1, 150) == "\x08\x96\x01");
}

TEST_CASE("'testing' in field 2 is 12 07 and its letters, as protobuf's guide has it") {
  REQUIRE(BytesField(2, "testing") == "\x12\x07testing");
}

TEST_CASE("a float is its four bytes, the lowest first") {
  REQUIRE(FloatField(1, 1.0F) == std::string("\x0d\x00\x00\x80\x3f", 5));
}

TEST_CASE("a field's number beyond 15 takes two bytes") {
  REQUIRE(NumberField(16, 1) == "\x80\x01\x01");
}

TEST_CASE("a number takes one byte up to 127 and ten at most") {
  REQUIRE(Varint(0) == std::string(1, '\0'));
  REQUIRE(Varint(127).size() == 1);
  REQUIRE(Varint(128) == "\x80\x01");
  REQUIRE(Varint(std::numeric_limits<std::uint64_t>::max()).size() == 10);
}

TEST_CASE("there is no field 0") { REQUIRE_THROWS_AS(NumberField(0, 1), ContractViolation); }

}  // namespace
}  // namespace deeper
