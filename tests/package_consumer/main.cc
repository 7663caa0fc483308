// The commands:
//   consumer functions            uses a function of each library of the package, so that all must
//                                 link
//   consumer data DIR             writes a data set in VOC layout: coloured rectangles on grey
//   consumer same MODEL PICTURE JSONL
//                                 checks that the library finds in the picture what the program
//                                 wrote, to the last bit, on two threads at once
#include <deeper/core/image.h>
#include <deeper/detector/detector.h>
#include <deeper/detector/suppression/nms.h>
#include <deeper/eval/drawing/draw.h>
#include <deeper/eval/formats/lines/detection_lines.h>
#include <deeper/eval/formats/voc_annotations.h>
#include <deeper/proposals/selective_search.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace fs = std::filesystem;

namespace {

int UseFunctions() {
  const deeper::Image picture = deeper::MakeImage(64, 48, 10, 20, 30);
  const auto proposals = deeper::SelectiveSearch(picture, deeper::FastSelectiveSearch());
  const auto kept = deeper::SuppressNonMaxima({{.box = proposals.at(0).box}}, {});
  const bool drawn =
      deeper::DrawDetections(picture, kept, deeper::ClassTableOf({"thing"})) != picture;
  std::printf("%zu detection, drawn: %s\n", kept.size(), drawn ? "yes" : "no");
  return kept.size() == 1 && drawn ? 0 : 1;
}

void Fill(const deeper::Box& box, std::size_t channel, deeper::Image& picture) {
  for (int y = static_cast<int>(box.y0); y < static_cast<int>(box.y1); ++y) {
    for (int x = static_cast<int>(box.x0); x < static_cast<int>(box.x1); ++x)
      picture.Row(y)[3 * static_cast<std::size_t>(x) + channel] = 255;
  }
}

int WriteDataSet(const fs::path& directory) {
  constexpr int kPictures = 12;
  constexpr int kSide = 128;
  deeper::LabelledSet labels{.classes = deeper::ClassTableOf({"blue", "red"})};
  fs::create_directories(directory / "JPEGImages");
  for (int i = 0; i < kPictures; ++i) {
    const std::string id = "picture" + std::to_string(100 + i);
    const auto offset = static_cast<float>(2 * i);
    const deeper::Box blue{.x0 = 4 + offset, .y0 = 10, .x1 = 44 + offset, .y1 = 60 + offset};
    const deeper::Box red{.x0 = 80, .y0 = 30 + offset, .x1 = 120, .y1 = 70 + offset};
    deeper::Image picture = deeper::MakeImage(kSide, kSide, 120, 120, 120);
    Fill(blue, 0, picture);
    Fill(red, 2, picture);
    const auto bytes = deeper::EncodeJpeg(picture, 95);
    std::ofstream(directory / "JPEGImages" / (id + ".jpg"), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    labels.images.push_back({.id = id,
                             .file_name = id + ".jpg",
                             .width = kSide,
                             .height = kSide,
                             .labels = {{.box = blue, .class_id = deeper::ClassAt(0)},
                                        {.box = red, .class_id = deeper::ClassAt(1)}}});
  }
  deeper::WriteVocAnnotations(labels, directory, "train");
  return 0;
}

int FindTheSame(const fs::path& model, const fs::path& picture, const fs::path& lines) {
  const deeper::Detector detector = deeper::LoadDetector(model);
  const auto expected = deeper::ReadJsonLines(lines, &detector.classes()).images.at(0).detections;
  std::vector<deeper::Detection> found[2];
  {
    std::vector<std::jthread> threads;
    for (auto& own : found) threads.emplace_back([&] { own = detector.Detect(picture); });
  }
  std::printf("%zu detections, the program's %zu\n", found[0].size(), expected.size());
  return !expected.empty() && found[0] == expected && found[1] == expected ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words == std::vector<std::string>{"functions"}) return UseFunctions();
  if (words.size() == 2 && words[0] == "data") return WriteDataSet(words[1]);
  if (words.size() == 4 && words[0] == "same") return FindTheSame(words[1], words[2], words[3]);
  return 2;
}
