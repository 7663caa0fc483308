#include "tools/class_folders.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/random.h"
#include "tools/input/pictures.h"

namespace deeper::tools {

namespace fs = std::filesystem;

Dataset ReadClassFolders(const fs::path& directory) {
  if (!fs::is_directory(directory)) {
    throw Error(directory.string() + ": expected a directory with a folder for each class");
  }
  std::vector<fs::path> folders;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    if (entry.is_directory() && !fs::is_empty(entry.path())) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  Dataset dataset = {
      .name = directory.filename().string(), .classes = {}, .images = {}, .blacklist = {}};
  std::vector<std::string> names;
  for (const fs::path& folder : folders) {
    const std::string name = folder.filename().string();
    for (const Picture& picture : FindPictures({folder.string()})) {
      dataset.images.push_back({.id = name + "/" + picture.id,
                                .image_path = picture.path,
                                .annotations = {{.box = {}, .class_id = ClassAt(names.size())}}});
    }
    names.push_back(name);
  }
  dataset.classes = ClassTableOf(names);
  if (names.size() < 2) {
    throw Error(directory.string() + ": found " + std::to_string(names.size()) +
                " folders with pictures, expected one for each of at least two classes");
  }
  return dataset;
}

EpochSampler::EpochSampler(std::size_t count, std::size_t batch, std::uint64_t seed)
    : count_(count), batch_(batch), seed_(seed) {
  Expects(count > 0 && batch > 0, "something to draw");
}

std::vector<std::size_t> EpochSampler::Batch(std::uint64_t number) {
  std::vector<std::size_t> drawn;
  for (std::size_t i = 0; i < batch_; ++i) drawn.push_back(InOrder(number * batch_ + i));
  return drawn;
}

std::size_t EpochSampler::InOrder(std::uint64_t drawn) {
  const std::uint64_t epoch = drawn / count_;
  if (order_.empty() || epoch != epoch_) {
    order_.resize(count_);
    for (std::size_t i = 0; i < count_; ++i) order_[i] = i;
    Random random(seed_ ^ Random(epoch).Next());
    for (std::size_t i = count_; i > 1; --i) std::swap(order_[i - 1], order_[random.Below(i)]);
    epoch_ = epoch;
  }
  return order_[drawn % count_];
}

}  // namespace deeper::tools
