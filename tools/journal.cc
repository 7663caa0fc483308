#include "tools/journal.h"

#include <fmt/format.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

#include "core/error.h"
#include "core/file.h"
#include "eval/results.h"

namespace deeper::tools {

namespace fs = std::filesystem;

namespace {

std::string FirstLine(const std::string& configuration) {
  return nlohmann::json{{"deeper-journal", 1}, {"configuration", configuration}}.dump() + "\n";
}

}  // namespace

Journal::Journal(fs::path path, const std::string& configuration, const ClassTable& classes)
    : path_(std::move(path)), classes_(classes) {
  const std::string first_line = FirstLine(configuration);
  std::string text = fs::exists(path_) ? ReadTextFile(path_) : std::string();
  text.resize(text.rfind('\n') + 1);  // npos + 1 is 0: not one whole line
  if (text.empty()) {
    text = first_line;
    WriteFileWhole(path_, text);
  } else if (!text.starts_with(first_line)) {
    throw Error(
        fmt::format("{}: left by a run with other options or inputs; repeat that command to finish "
                    "it, remove the file, or choose another --output\n"
                    "  there: {}  now:   {}",
                    path_.string(),
                    text.substr(0, text.find('\n') + 1),
                    first_line));
  }
  fs::resize_file(path_, text.size());
  done_ = ParseJsonLines(std::string_view(text).substr(first_line.size()), path_, &classes_).images;
  file_.reset(std::fopen(path_.c_str(), "ab"));
  if (!file_)
    throw Error(fmt::format("{}: cannot be opened to append: {}",
                            path_.string(),
                            std::generic_category().message(errno)));
}

void Journal::Append(const ImageDetections& image) {
  const std::string line = JsonLineOf(image, classes_) + "\n";
  if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size() ||
      std::fflush(file_.get()) != 0) {
    throw Error(fmt::format("{}: cannot be written: {}; the pictures done so far are kept",
                            path_.string(),
                            std::generic_category().message(errno)));
  }
}

void Journal::Remove() {
  file_.reset();
  fs::remove(path_);
}

}  // namespace deeper::tools
