#pragma once

#include <string>
#include <string_view>

namespace deeper::tools {

// A file of the page that the program carries.
struct PageFile {
  std::string_view path;  // "/serve.css"; the page itself is "/"
  std::string_view type;  // as Content-Type has it
  std::string_view text;
};

// The file at this path; nullptr where there is none.
const PageFile* FindPageFile(std::string_view path);

// What the page may load and do: its own files and the server's answers alone.
std::string PagePolicy();

}  // namespace deeper::tools
