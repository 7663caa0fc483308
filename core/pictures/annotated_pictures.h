#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "core/box.h"
#include "core/dataset.h"

namespace deeper {

// The one place where pictures meet their annotations. Everything behind it, training, detection
// and evaluation alike, has upright pictures and boxes that count their pixels.

// `box`, which counts pixels of a picture as stored, in the upright picture. orientation: as EXIF
// counts them, 1 to 8.
Box TurnedBox(const Box& box, int orientation, int stored_width, int stored_height);

// Whether the two sizes have the same shape to within 2%, so that boxes of one can be scaled to the
// other. Expects positive sizes.
bool HaveOneShape(int width, int height, int other_width, int other_height);
// `box` with its sides multiplied.
Box ScaledBox(const Box& box, double across, double down);

// Whether `box` reaches more than a pixel beyond the picture of this size. One pixel is what
// programs differ by that count from 0 or from 1, or that round.
bool ReachesBeyond(const Box& box, int width, int height);

struct MeetOptions {
  // Boxes of a picture that has another size than annotated, but the same shape to within 2%, are
  // scaled to its own. Otherwise such a picture is left out.
  bool rescales = false;
  // Keep a picture even so, since another file counts the pictures by their places.
  bool keeps_all = false;
};

// A picture whose annotated size is that of its stored pixels: its annotator's program did not turn
// it.
struct TurnedPicture {
  std::string id;
  int orientation = 1;
  int stored_width = 0;
  int stored_height = 0;
};

// A picture whose size is not the annotated one.
struct SizeMismatch {
  std::string id;
  std::filesystem::path path;
  std::size_t place = 0;  // in the data set before any was left out
  int annotated_width = 0;
  int annotated_height = 0;
  int width = 0;  // of the picture, upright
  int height = 0;
};

struct MetPictures {
  std::vector<TurnedPicture> turned;  // their boxes and sizes were turned
  std::size_t rescaled = 0;
  std::vector<SizeMismatch> mismatched;  // left out, unless keeps_all
};

// Reads the headers of the data set's pictures and
// - turns the boxes of those that were annotated as stored,
// - scales or leaves out those of another size,
// - fills in sizes that are not annotated.
// Pictures without a file, and those whose header cannot be read, stay as they are: who reads them
// says so. The blacklist keeps to its pictures.
MetPictures MeetPictures(Dataset& dataset, const MeetOptions& options = {});

// Takes the pictures at these places, sorted, out of the data set. The blacklist keeps to its
// pictures.
void DropImages(Dataset& dataset, const std::vector<std::size_t>& places);

// "p.jpg: expected a picture of the annotated 500 x 375 pixels, found 250 x 187".
std::string MismatchText(const SizeMismatch& mismatch);

}  // namespace deeper
