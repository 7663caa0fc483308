// The first byte chooses the format, the rest is the file.

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/dataset.h"
#include "eval/formats/csv.h"
#include "eval/formats/cvat.h"
#include "eval/formats/ilsvrc.h"
#include "eval/formats/label_studio.h"
#include "eval/formats/lines/annotation_lines.h"
#include "eval/formats/lines/detection_lines.h"
#include "eval/formats/voc.h"
#include "eval/formats/yolo.h"
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

// What is read by its name: a copy of the file in a directory that stays.
const path& Directory() {
  static const path directory = [] {
    std::string name = (std::filesystem::temp_directory_path() / "deeper-fuzz-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a directory");
    return path(name);
  }();
  return directory;
}

void Copy(const path& file, const path& name) {
  std::filesystem::create_directories((Directory() / name).parent_path());
  std::ofstream(Directory() / name, std::ios::binary)
      << std::ifstream(file, std::ios::binary).rdbuf();
}

void ReadAsDataYaml(const path& file) {
  Copy(file, "yaml/data.yaml");
  FindYoloLayout(Directory() / "yaml/data.yaml");
}

void ReadAsLabelFile(const path& file) {
  Copy(file, "labels/a.txt");
  const ClassTable classes = ClassTableOf({"cat", "dog"});
  ReadYolo(Directory() / "labels", {.known_classes = &classes, .size_of = [](const std::string&) {
                                      return std::optional(std::pair(9, 9));
                                    }});
}

void ReadAsList(const path& file) {
  std::filesystem::create_directories(Directory() / "voc/Annotations");
  Copy(file, "voc/ImageSets/Main/test.txt");
  ReadVocDataset(Directory() / "voc", "test");
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
    std::function<void(const path&)>([](const path& file) { ReadCvat(file); }),
    std::function<void(const path&)>(ReadAsDataYaml),
    std::function<void(const path&)>(ReadAsLabelFile),
    std::function<void(const path&)>(ReadAsList),
};

}  // namespace

void FuzzOne(std::span<const std::uint8_t> input) {
  if (input.empty()) return;
  const MemoryFile file(input.subspan(1));
  Answered([&] { kReaders[input[0] % kReaders.size()](file.path()); });
}

}  // namespace deeper::fuzz
