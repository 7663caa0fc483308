#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace deeper {

// One line of a training's log: numbers by name.
struct TrainingLogLine {
  std::uint64_t step = 0;
  std::map<std::string, double> values;  // "loss", "rate", "validation_loss", ...

  bool operator==(const TrainingLogLine&) const = default;
};

// The curves of a training as JSON lines:
//   {"step": 7, "loss": 0.31, ...}
// They are appended and flushed. So they can be followed while the training runs, and they go on
// when it is resumed. Not for several threads.
class TrainingLog {
 public:
  // Opens or begins the log. Lines of `first_step` and later are dropped: a training that goes on
  // from a checkpoint does these steps again. Throws Error when the file cannot be read or written,
  // or is no such log.
  TrainingLog(std::filesystem::path path, std::uint64_t first_step);

  const std::vector<TrainingLogLine>& lines() const { return lines_; }

  // Throws Error when the line does not reach the file.
  void Append(const TrainingLogLine& line);

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::filesystem::path path_;
  std::vector<TrainingLogLine> lines_;
  std::unique_ptr<std::FILE, CloseFile> file_;
};

// Returns the log drawn as one SVG: one panel per value, over the steps. A value "validation_X" is
// drawn in the panel of X. Values that come with every step are drawn as means over a hundredth of
// the training. Empty panels are left out.
std::string CurvesSvg(const std::vector<TrainingLogLine>& lines);

}  // namespace deeper
