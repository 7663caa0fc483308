#pragma once

#include <string>

namespace deeper {

// The bytes of a text file as UTF-8 with "\n" or "\r\n" between lines, whatever program wrote them:
// - a byte order mark is dropped;
// - UTF-16 is converted, with a mark or, where every second byte at the beginning is NUL, without;
// - "\r" alone, where no "\n" is, ends a line;
// - NULs at the end of the file, where a disk filled up or a buffer was written whole, are dropped.
// Bytes that are neither stay as they are: names may be in an older encoding.
//
// Throws Error, beginning with `source`, for UTF-32, for UTF-16 that is cut or has half a pair, and
// with the line's number for a NUL inside the text.
std::string PlainText(std::string bytes, const std::string& source);

}  // namespace deeper
