// The first byte chooses the format, the rest is the file.

#include <array>
#include <functional>

#include "core/dataset.h"
#include "eval/formats/csv.h"
#include "eval/formats/ilsvrc.h"
#include "eval/formats/label_studio.h"
#include "eval/formats/lines/annotation_lines.h"
#include "eval/formats/lines/detection_lines.h"
#include "tests/fuzz/fuzz_target.h"

namespace deeper::fuzz {
namespace {

using std::filesystem::path;

Dataset TwoPictures() {
  return {.name = "two",
          .classes = ClassTableOf({"cat", "dog"}),
          .images = {{.id = "a", .image_path = {}, .width = 9, .height = 9},
                     {.id = "b", .image_path = {}, .width = 9, .height = 9}},
          .blacklist = {}};
}

const std::array kReaders = {
    std::function<void(const path&)>([](const path& file) { ReadCsv(file); }),
    std::function<void(const path&)>([](const path& file) { ReadJsonLines(file); }),
    std::function<void(const path&)>([](const path& file) { ReadAnnotationLines(file); }),
    std::function<void(const path&)>(
        [](const path& file) { ReadLabelStudio(file, LabelKind::kObjects); }),
    std::function<void(const path&)>(
        [](const path& file) { ReadLabelStudio(file, LabelKind::kDetections); }),
    std::function<void(const path&)>([](const path& file) { ReadIlsvrcClasses(file); }),
    std::function<void(const path&)>(
        [](const path& file) { ReadIlsvrcSubmission(file, TwoPictures()); }),
};

}  // namespace

void FuzzOne(std::span<const std::uint8_t> input) {
  if (input.empty()) return;
  const MemoryFile file(input.subspan(1));
  Answered([&] { kReaders[input[0] % kReaders.size()](file.path()); });
}

}  // namespace deeper::fuzz
