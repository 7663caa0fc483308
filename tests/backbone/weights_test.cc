#include "backbone/weights.h"

#include <cstddef>
#include <limits>
#include <string>

#include "core/error.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

using Catch::Contains;
using test::RandomWeights;

TEST_CASE("weights as the table asks for them are valid, with any classifier or none") {
  for (const std::size_t classes : {0U, 1U, 21U, 1000U}) {
    REQUIRE_NOTHROW(ValidateGoogLeNetWeights(RandomWeights(1, classes), "file"));
  }
}

TEST_CASE("GoogLeNet with 1000 classes has 6,998,552 parameters") {
  std::size_t count = 0;
  for (const auto& [name, tensor] : RandomWeights(1, 1000)) count += tensor.data.size();
  REQUIRE(count == 6'998'552);
}

TEST_CASE("a missing blob is named with the shape that was expected, and the file") {
  Weights weights = RandomWeights(1);
  weights.erase("inception_4e/5x5/bias");
  REQUIRE_THROWS_AS(ValidateGoogLeNetWeights(weights, "some.file"), Error);
  REQUIRE_THROWS_WITH(
      ValidateGoogLeNetWeights(weights, "some.file"),
      Contains("some.file: 'inception_4e/5x5/bias' is missing") && Contains("(128, 1, 1, 1)"));
}

TEST_CASE("a blob of a wrong shape is named with both shapes") {
  Weights weights = RandomWeights(1);
  weights["conv1/7x7_s2/weight"] = MakeTensor({.n = 64, .c = 1, .h = 7, .w = 7});
  REQUIRE_THROWS_WITH(
      ValidateGoogLeNetWeights(weights, "f"),
      Contains("'conv1/7x7_s2/weight' has shape (64, 1, 7, 7), expected (64, 3, 7, 7)"));
}

TEST_CASE("a transposed weight is refused though its count is right") {
  Weights weights = RandomWeights(1);
  weights["inception_3a/3x3/weight"] = MakeTensor({.n = 96, .c = 128, .h = 3, .w = 3});
  REQUIRE_THROWS_WITH(ValidateGoogLeNetWeights(weights, "f"), Contains("expected (128, 96, 3, 3)"));
}

TEST_CASE("a blob that GoogLeNet does not have is named") {
  Weights weights = RandomWeights(1);
  weights["fc6/weight"] = MakeTensor({.n = 2, .c = 3, .h = 1, .w = 1});
  REQUIRE_THROWS_WITH(ValidateGoogLeNetWeights(weights, "f"),
                      Contains("'fc6/weight' of shape (2, 3, 1, 1) is no part of GoogLeNet"));
}

TEST_CASE("a value that is not finite is named with its place") {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Weights weights = RandomWeights(1);
    weights["inception_5b/pool_proj/weight"].data[77] = bad;
    REQUIRE_THROWS_WITH(ValidateGoogLeNetWeights(weights, "f"),
                        Contains("value 77 of 'inception_5b/pool_proj/weight'") &&
                            Contains("expected a finite number"));
  }
}

TEST_CASE("a classifier is whole or absent, and its bias has a number for each class") {
  Weights weights = RandomWeights(1, 5);
  weights.erase("loss3/classifier/bias");
  REQUIRE_THROWS_WITH(ValidateGoogLeNetWeights(weights, "f"),
                      Contains("'loss3/classifier/bias' is missing"));
  weights = RandomWeights(1, 5);
  weights.erase("loss3/classifier/weight");
  REQUIRE_THROWS_WITH(ValidateGoogLeNetWeights(weights, "f"),
                      Contains("'loss3/classifier/weight' is missing"));
  weights = RandomWeights(1, 5);
  weights["loss3/classifier/bias"] = MakeTensor({.n = 4, .c = 1, .h = 1, .w = 1});
  REQUIRE_THROWS_WITH(ValidateGoogLeNetWeights(weights, "f"),
                      Contains("has shape (4, 1, 1, 1), expected (5, 1, 1, 1)"));
  weights = RandomWeights(1, 5);
  weights["loss3/classifier/weight"] = MakeTensor({.n = 0, .c = 1024, .h = 1, .w = 1});
  REQUIRE_THROWS_WITH(ValidateGoogLeNetWeights(weights, "f"), Contains("expected (1, 1024, 1, 1)"));
}

// Two blobs of one value each.
Weights Pair(const std::string& first, float a, const std::string& second, float b) {
  const Shape one{.n = 1, .c = 1, .h = 1, .w = 1};
  return {{first, {.shape = one, .data = {a}}}, {second, {.shape = one, .data = {b}}}};
}

TEST_CASE("the fingerprint is SHA-256 over name, zero byte, four sizes and values") {
  // python3: hashlib.sha256(b"a\0" + struct.pack("<4Q2f", 2, 1, 1, 1, 0.5, -2)).hexdigest()
  const Weights weights = {{"a", {.shape = {.n = 2, .c = 1, .h = 1, .w = 1}, .data = {0.5F, -2}}}};
  REQUIRE(FingerprintOf(weights) ==
          "2c62f5327d9030379a6474978d5cf6804f58cee93039eca17acd5b044177b64f");
}

TEST_CASE("the fingerprint changes with a value, a name, a shape and the owner of a value") {
  const std::string print = FingerprintOf(Pair("a", 1, "b", 2));
  REQUIRE(print.size() == 64);
  REQUIRE(print == FingerprintOf(Pair("b", 2, "a", 1)));
  REQUIRE(print != FingerprintOf(Pair("a", 2, "b", 1)));
  REQUIRE(print != FingerprintOf(Pair("a", 1, "c", 2)));
  Weights reshaped = {{"a", {.shape = {.n = 2, .c = 1, .h = 1, .w = 1}, .data = {1, 2}}}};
  const std::string flat = FingerprintOf(reshaped);
  reshaped["a"].shape = {.n = 1, .c = 2, .h = 1, .w = 1};
  REQUIRE(FingerprintOf(reshaped) != flat);
}

}  // namespace
}  // namespace deeper
