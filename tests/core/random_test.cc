#include "core/random.h"

#include <algorithm>
#include <array>

#include "tests/support/catch.h"

namespace deeper {
namespace {

TEST_CASE("the sequence is that of SplitMix64 as published") {
  Random random(1234567);  // the first five values of the generator's reference code for this seed
  REQUIRE(random.Next() == 6457827717110365317ULL);
  REQUIRE(random.Next() == 3203168211198807973ULL);
  REQUIRE(random.Next() == 9817491932198370423ULL);
  REQUIRE(random.Next() == 4593380528125082431ULL);
  REQUIRE(random.Next() == 16408922859458223821ULL);
}

TEST_CASE("a copy continues with the same values") {
  Random random(5);
  random.Next();
  Random copy = random;
  REQUIRE(copy.Next() == random.Next());
}

TEST_CASE("Uniform is at least 0, below 1 and one half on average") {
  Random random(1);
  double sum = 0;
  constexpr int kDraws = 10000;
  for (int i = 0; i < kDraws; ++i) {
    const double value = random.Uniform();
    REQUIRE(value >= 0);
    REQUIRE(value < 1);
    sum += value;
  }
  // The standard error of the mean is 0.29 / 100; five of them.
  REQUIRE(sum / kDraws == Approx(0.5).margin(0.0145));
}

TEST_CASE("Below reaches every value under its bound and none other, about equally often") {
  Random random(2);
  std::array<int, 7> counts{};
  for (int i = 0; i < 7000; ++i) counts.at(random.Below(7))++;
  // Each count has mean 1000 and standard deviation 29; five of them.
  REQUIRE(*std::min_element(counts.begin(), counts.end()) > 855);
  REQUIRE(*std::max_element(counts.begin(), counts.end()) < 1145);
}

TEST_CASE("Fnv1a gives the published 64-bit values") {
  REQUIRE(Fnv1a("") == 0xCBF29CE484222325ULL);
  REQUIRE(Fnv1a("a") == 0xAF63DC4C8601EC8CULL);
  REQUIRE(Fnv1a("foobar") == 0x85944171F73967E8ULL);
}

}  // namespace
}  // namespace deeper
