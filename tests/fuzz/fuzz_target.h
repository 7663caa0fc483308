#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "core/error.h"

namespace deeper::fuzz {

// Each target of this folder defines it: does with the bytes what the program does with such a file
// of a stranger's. For any bytes it comes back; an Error out of the parser is one of its answers
// and stays inside. Anything else, a crash, a leak, a hang or much memory, is a finding.
void FuzzOne(std::span<const std::uint8_t> input);

// The bytes as a regular file that exists in memory alone, for parsers that read files.
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

// Calls `parse`; an Error that it throws is passed over.
template <typename Parse>
void Answered(const Parse& parse) {
  try {
    parse();
  } catch (const Error&) {  // the parser's "no"
  }
}

}  // namespace deeper::fuzz
