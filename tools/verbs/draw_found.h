#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/detection.h"
#include "core/image.h"
#include "eval/drawing/draw.h"

namespace deeper::tools {

// How what is found in pictures is drawn.
struct FoundDrawing {
  std::filesystem::path directory;
  ClassTable classes;
  std::vector<float> drawn_from;  // by class: detections below are not drawn
  DrawingStyle style;

  // All of it but the directory, as text.
  std::string Text() const;
};

// Draws the detections of one picture into DrawingFile(found.id) of the directory. Their boxes
// count pixels of found.width x found.height, which `image` may have more or fewer of. A drawing is
// for people: its longer side has 4096 pixels at the most. Throws WriteError.
void DrawFound(const Image& image, const ImageDetections& found, const FoundDrawing& drawing);

}  // namespace deeper::tools
