#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace deeper {

// A regular file, open for reading. It keeps reading the same file even when another file takes
// over the name. Safe to read from several threads.
class InputFile {
 public:
  // Throws Error when `path` is missing, cannot be opened, or is not a regular file (a FIFO would
  // hang).
  explicit InputFile(std::filesystem::path path);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  // In bytes, when the file was opened.
  std::uintmax_t size() const { return size_; }
  // Fills `bytes` from `offset` on. Expects offset + bytes.size() <= size(). Throws Error when the
  // disk fails or the file became shorter.
  void ReadAt(std::uintmax_t offset, std::span<std::uint8_t> bytes) const;

 private:
  std::filesystem::path path_;
  int fd_;
  std::uintmax_t size_;
};

// The whole content of a regular file. Throws Error when it is missing, not a regular file (a FIFO
// would hang), larger than max_bytes, or cannot be read.
std::vector<std::uint8_t> ReadFile(const std::filesystem::path& path,
                                   std::uintmax_t max_bytes = std::uintmax_t{4} << 30U);

// ReadFile, byte for byte.
std::string ReadTextFile(const std::filesystem::path& path,
                         std::uintmax_t max_bytes = std::uintmax_t{1} << 30U);

// The text of a file that some other program may have written, as PlainText makes it. Throws Error
// as ReadFile and PlainText do.
std::string ReadPlainText(const std::filesystem::path& path,
                          std::uintmax_t max_bytes = std::uintmax_t{1} << 30U);

// Lines of a text, without their "\n" or "\r\n"; a missing end of the last line is fine. The views
// point into `text`.
std::vector<std::string_view> SplitLines(std::string_view text);

// Fields of a line between runs of spaces and tabs. The views point into `line`.
std::vector<std::string_view> SplitFields(std::string_view line);

// Writes `content` to `path` whole or not at all: to a temporary file beside it, fsync, rename.
// Makes missing parent directories. Throws WriteError naming the file when any step fails; the
// temporary file is then gone, and a file that was at `path` is untouched. Safe from several
// threads on several paths.
void WriteFileWhole(const std::filesystem::path& path, std::span<const std::uint8_t> content);
void WriteFileWhole(const std::filesystem::path& path, std::string_view content);

// Throws WriteError where WriteFileWhole would before it writes the first byte. Call it before long
// work whose result goes to `path`. Makes missing parent directories, and leaves nothing else
// behind.
void RequireWritable(const std::filesystem::path& path);

}  // namespace deeper
