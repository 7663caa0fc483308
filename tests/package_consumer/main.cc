#include <deeper/core/image.h>
#include <deeper/detector/nms.h>
#include <deeper/eval/drawing/draw.h>
#include <deeper/proposals/selective_search.h>

#include <cstdio>

// Uses one function of each folder, so that every library of the package must link.
int main() {
  const deeper::Image picture = deeper::MakeImage(64, 48, 10, 20, 30);
  const auto proposals = deeper::SelectiveSearch(picture, deeper::FastSelectiveSearch());
  const auto kept = deeper::SuppressNonMaxima({{.box = proposals.at(0).box}}, {});
  const bool drawn =
      deeper::DrawDetections(picture, kept, deeper::ClassTableOf({"thing"})) != picture;
  std::printf("%zu detection, drawn: %s\n", kept.size(), drawn ? "yes" : "no");
  return kept.size() == 1 && drawn ? 0 : 1;
}
