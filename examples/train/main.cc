// Trains a detector on a data set in VOC layout: train DATA BACKBONE OUTPUT [STEPS]
// BACKBONE: GoogLeNet's weights, .caffemodel or .safetensors; another detector's file does, too.
// The same command goes on where it was stopped.
#include <deeper/detector/model/model_file.h>
#include <deeper/detector/training/train_detector.h>
#include <deeper/eval/formats/voc.h>

#include <cstdio>
#include <cstdlib>
#include <string>

int main(int argc, char** argv) {
  if (argc < 4) return std::fprintf(stderr, "usage: train DATA BACKBONE OUTPUT [STEPS]\n"), 2;
  const deeper::Dataset data = deeper::ReadVocDataset(argv[1], "train").dataset;
  const deeper::Monitor monitor = {
      .say = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }};
  const deeper::Model model =
      deeper::TrainDetector(data,
                            {.backbone = argv[2],
                             .work = std::string(argv[3]) + ".work",
                             .steps = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 0},
                            monitor);
  deeper::SaveModel(model, argv[3]);
}
