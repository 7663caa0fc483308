#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "core/error.h"

namespace deeper::fuzz {

// Each target of this folder defines this function. It handles the bytes as the program handles
// such a file from a stranger. It returns for any bytes: an Error of the parser is an expected
// result and stays inside. Anything else, a crash, a leak, a hang or much memory, is a finding.
void FuzzOne(std::span<const std::uint8_t> input);

// The bytes as a regular file that exists only in memory, for parsers that read files.
class MemoryFile {
 public:
  explicit MemoryFile(std::span<const std::uint8_t> content);
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile();

  std::filesystem::path path() const;

 private:
  int fd_;
};

// Calls `parse` and ignores an Error that it throws.
template <typename Parse>
void Answered(const Parse& parse) {
  try {
    parse();
  } catch (const Error&) {  // the parser's "no"
  }
}

}  // namespace deeper::fuzz
