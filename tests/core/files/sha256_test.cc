#include "core/files/sha256.h"

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

std::string DigestOf(std::string_view text) {
  Sha256 hash;
  hash.Update(text);
  return hash.HexDigest();
}

TEST_CASE("SHA-256 gives the digests of FIPS 180-4's examples") {
  REQUIRE(DigestOf("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  REQUIRE(DigestOf("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  REQUIRE(DigestOf("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("the digest does not depend on how the bytes were cut, or on their type") {
  const std::array<std::uint8_t, 3> bytes = {'a', 'b', 'c'};
  Sha256 hash;
  hash.Update(std::span(bytes).first(1));
  hash.Update("b");
  hash.Update("");
  hash.Update(std::span(bytes).last(1));
  REQUIRE(hash.HexDigest() == DigestOf("abc"));
}

TEST_CASE("a hash goes on after it was moved") {
  Sha256 hash;
  hash.Update("ab");
  Sha256 moved = std::move(hash);
  moved.Update("c");
  REQUIRE(moved.HexDigest() == DigestOf("abc"));
}

TEST_CASE("a hash refuses to be used after its digest") {
  Sha256 hash;
  REQUIRE(hash.HexDigest() == DigestOf(""));
  REQUIRE_THROWS_AS(hash.HexDigest(), ContractViolation);
  REQUIRE_THROWS_AS(hash.Update("a"), ContractViolation);
}

}  // namespace
}  // namespace deeper
