#include "eval/drawing/class_sheets.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "core/class_index.h"
#include "core/error.h"
#include "core/work/parallel.h"
#include "eval/drawing/draw.h"
#include "eval/drawing/draw_thumbnail.h"

namespace deeper {
namespace {

constexpr double kMargin = 0.4;  // of a box's longer side, all around
constexpr int kJpegQuality = 82;

struct ChosenObject {
  std::size_t sheet = 0;
  std::size_t tile = 0;
  std::size_t annotation = 0;  // position in the picture
};

// A picture with the objects that are shown of it.
struct ChosenPicture {
  const AnnotatedImage* image = nullptr;
  std::vector<ChosenObject> objects;
};

struct ObjectPlace {
  std::size_t dataset = 0;
  std::size_t image = 0;
  std::size_t annotation = 0;
};

// The objects of each class, in the order of the data sets.
std::vector<std::vector<ObjectPlace>> ObjectsOf(std::span<const Dataset* const> datasets,
                                                const std::vector<std::string>& classes) {
  std::map<std::string, std::size_t> sheet_of;
  for (std::size_t c = 0; c < classes.size(); ++c) sheet_of.emplace(classes[c], c);
  std::vector<std::vector<ObjectPlace>> objects(classes.size());
  for (std::size_t d = 0; d < datasets.size(); ++d) {
    const Dataset& dataset = *datasets[d];
    const std::vector<std::string> names = NamesForPeople(dataset.classes);
    for (std::size_t i = 0; i < dataset.images.size(); ++i) {
      const std::vector<Annotation>& annotations = dataset.images[i].annotations;
      if (dataset.images[i].image_path.empty()) continue;
      for (std::size_t a = 0; a < annotations.size(); ++a) {
        const auto sheet = sheet_of.find(names[IndexOf(annotations[a].class_id)]);
        if (sheet == sheet_of.end()) continue;
        objects[sheet->second].push_back({.dataset = d, .image = i, .annotation = a});
      }
    }
  }
  return objects;
}

std::vector<ChosenPicture> Choose(std::span<const Dataset* const> datasets,
                                  const std::vector<std::string>& classes,
                                  std::size_t most_tiles) {
  std::map<std::pair<std::size_t, std::size_t>, ChosenPicture> chosen;
  const std::vector<std::vector<ObjectPlace>> objects = ObjectsOf(datasets, classes);
  for (std::size_t c = 0; c < objects.size(); ++c) {
    const std::size_t count = std::min(most_tiles, objects[c].size());
    for (std::size_t tile = 0; tile < count; ++tile) {
      const ObjectPlace& place = objects[c][tile * objects[c].size() / count];
      ChosenPicture& picture = chosen[{place.dataset, place.image}];
      picture.image = &datasets[place.dataset]->images[place.image];
      picture.objects.push_back({.sheet = c, .tile = tile, .annotation = place.annotation});
    }
  }
  std::vector<ChosenPicture> pictures;
  pictures.reserve(chosen.size());
  for (auto& [place, picture] : chosen) pictures.push_back(std::move(picture));
  return pictures;
}

Image DrawTile(const Image& image, const Box& box, const Colour& colour, int tile_px) {
  const Thumbnail tile = MakeThumbnail(image, WithMargin(box, kMargin), tile_px);
  const auto inside = [&](float value, float origin) {
    return static_cast<float>((double{value} - double{origin}) * tile.scale);
  };
  const Box& part = tile.part_in_image;
  return DrawMarks(tile.image,
                   {{.box = {.x0 = inside(box.x0, part.x0),
                             .y0 = inside(box.y0, part.y0),
                             .x1 = inside(box.x1, part.x0),
                             .y1 = inside(box.y1, part.y0)},
                     .text = "",
                     .bgr = colour}});
}

}  // namespace

std::vector<std::vector<std::uint8_t>> DrawClassSheets(std::span<const Dataset* const> datasets,
                                                       const std::vector<std::string>& classes,
                                                       const ClassSheetOptions& options,
                                                       const Monitor& monitor) {
  Expects(options.most_tiles > 0, "a sheet has tiles");
  const std::vector<ChosenPicture> pictures = Choose(datasets, classes, options.most_tiles);
  const std::vector<Colour> colours = DistinctColours(classes.size());
  struct Tile {
    Image image;
    std::string caption;
  };
  std::vector<std::map<std::size_t, Tile>> tiles(classes.size());  // of each sheet, by place
  {
    Stage stage(monitor, "drawing objects", "pictures", pictures.size());
    ForEachInOrder<std::vector<Image>>(
        pictures.size(),
        options.workers,
        monitor.stop_asked,
        [&](std::size_t i) {
          std::vector<Image> drawn;
          try {
            const Image image = ReadImage(pictures[i].image->image_path, options.reading);
            for (const ChosenObject& object : pictures[i].objects) {
              drawn.push_back(DrawTile(image,
                                       pictures[i].image->annotations[object.annotation].box,
                                       colours[object.sheet],
                                       options.layout.tile_px));
            }
          } catch (const Error&) {
            drawn.clear();
          }
          return drawn;
        },
        [&](std::size_t i, std::vector<Image> drawn) {
          for (std::size_t k = 0; k < drawn.size(); ++k) {
            const ChosenObject& object = pictures[i].objects[k];
            tiles[object.sheet][object.tile] = {.image = std::move(drawn[k]),
                                                .caption = pictures[i].image->id};
          }
          stage.Advance();
        });
  }
  std::vector<std::vector<std::uint8_t>> sheets(classes.size());
  for (std::size_t c = 0; c < classes.size(); ++c) {
    std::vector<Image> images;
    std::vector<std::string> captions;
    for (auto& [place, tile] : tiles[c]) {
      if (tile.image.IsEmpty()) continue;
      images.push_back(std::move(tile.image));
      captions.push_back(std::move(tile.caption));
    }
    if (images.empty()) continue;
    sheets[c] = EncodeJpeg(MakeContactSheet(images, captions, options.layout), kJpegQuality);
  }
  return sheets;
}

}  // namespace deeper
