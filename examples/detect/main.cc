// Prints the objects in a picture, their scores and boxes: detect MODEL PICTURE
#include <deeper/detector/detector.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 3) return std::cerr << "usage: detect MODEL PICTURE\n", 2;
  const deeper::Detector detector = deeper::LoadDetector(argv[1]);
  for (const auto& [box, class_id, score] : detector.Detect(argv[2])) {
    std::cout << detector.classes().Name(class_id) << ' ' << score << "  "  //
              << box.x0 << ' ' << box.y0 << ' ' << box.x1 << ' ' << box.y1 << '\n';
  }
}
