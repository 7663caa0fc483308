#include "detector/examples/activation_cache.h"

#include <cstring>
#include <fstream>
#include <vector>

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper::tools {
namespace {

constexpr std::size_t kBytes = 1003;

std::vector<std::byte> Filled(int value) {
  return std::vector<std::byte>(kBytes, static_cast<std::byte>(value));
}

TEST_CASE("what was put in a place comes back, also after the cache is opened again") {
  const test::TemporaryDirectory directory;
  std::vector<std::byte> read(kBytes);
  {
    const ActivationCache cache(directory / "cache", "recipe", kBytes);
    CHECK_FALSE(cache.Get(7, read));
    cache.Put(7, Filled(3));
    cache.Put(2, Filled(0));
    CHECK(cache.Get(7, read));
    CHECK(read == Filled(3));
  }
  const ActivationCache again(directory / "cache", "recipe", kBytes);
  CHECK(again.Get(2, read));
  CHECK(read == Filled(0));
  CHECK_FALSE(again.Get(3, read));
  CHECK_FALSE(again.Get(1000, read));
}

TEST_CASE("a place that was half written counts as not there") {
  const test::TemporaryDirectory directory;
  const ActivationCache cache(directory / "cache", "recipe", kBytes);
  cache.Put(1, Filled(3));
  std::fstream file(directory / "cache" / "activations",
                    std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(ActivationCache::BytesFor(kBytes) + 500));
  file.put('x');
  file.close();
  std::vector<std::byte> read(kBytes);
  CHECK_FALSE(cache.Get(1, read));
}

TEST_CASE("a cache of another recipe is refused, naming what differs") {
  const test::TemporaryDirectory directory;
  { const ActivationCache cache(directory / "cache", "frozen 3b\n", kBytes); }
  CHECK_THROWS_WITH(ActivationCache(directory / "cache", "frozen 4e\n", kBytes),
                    Catch::Contains("frozen 3b, now 4e"));
}

}  // namespace
}  // namespace deeper::tools
