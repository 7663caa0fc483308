#include "tools/run/keep_before.h"

#include <fmt/format.h>

#include <cstdio>
#include <system_error>

#include "core/error.h"
#include "core/files/sha256.h"

namespace deeper::tools {

namespace fs = std::filesystem;

namespace {

fs::path WithEnding(const fs::path& file, const char* ending) {
  fs::path path = file;
  path += ending;
  return path;
}

// Leaves a copy of `file`.
void Keep(const fs::path& file) {
  const fs::path before = WithEnding(file, ".before");
  std::error_code failure;
  fs::copy_file(file, before, fs::copy_options::overwrite_existing, failure);
  if (failure) {
    throw WriteError(fmt::format(
        "{}: cannot keep what {} held: {}", before.string(), file.string(), failure.message()));
  }
  fmt::print(stderr, "{}: keeps what {} held\n", before.string(), file.string());
}

}  // namespace

void WriteKeepingBefore(const fs::path& file, const std::function<void(const fs::path&)>& write) {
  std::error_code unknown;
  if (!fs::is_regular_file(file, unknown)) {
    write(file);
    return;
  }
  const fs::path fresh = WithEnding(file, ".new");
  write(fresh);
  if (DigestOfFile(fresh) != DigestOfFile(file)) Keep(file);
  std::error_code failure;
  fs::rename(fresh, file, failure);
  if (failure)
    throw WriteError(fmt::format("{}: cannot be replaced: {}", file.string(), failure.message()));
}

}  // namespace deeper::tools
