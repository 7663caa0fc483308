#include "eval/report/report_views.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "core/error.h"
#include "core/image.h"
#include "core/pictures/read_image.h"
#include "core/text/utf8.h"
#include "eval/drawing/draw.h"
#include "eval/drawing/draw_thumbnail.h"

namespace deeper {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kJpegQuality = 78;

}  // namespace

std::string Base64(const std::vector<std::uint8_t>& bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    std::uint32_t three = std::uint32_t{bytes[i]} << 16U;
    if (left > 1) three |= std::uint32_t{bytes[i + 1]} << 8U;
    if (left > 2) three |= bytes[i + 2];
    text += kDigits[three >> 18U];
    text += kDigits[three >> 12U & 63U];
    text += left > 1 ? kDigits[three >> 6U & 63U] : '=';
    text += left > 2 ? kDigits[three & 63U] : '=';
  }
  return text;
}

namespace {

// The view's entry with what comes from the pixels; without a picture, from the boxes alone.
Json Render(const ReportView& view, const Image* image, const std::string& id) {
  Json entry = view.entry;
  entry["id"] = WithoutInvalidUtf8(id);
  Thumbnail thumbnail;
  if (image != nullptr) thumbnail = MakeThumbnail(*image, view.part, view.max_side_px);
  if (thumbnail.image.IsEmpty()) {
    Box part = view.part;
    for (const ReportMark& mark : view.marks) {
      if (!std::isfinite(part.x1) || part.x1 > 1e9F) part.x1 = std::max(mark.box.x1, part.x0 + 1);
      if (!std::isfinite(part.y1) || part.y1 > 1e9F) part.y1 = std::max(mark.box.y1, part.y0 + 1);
    }
    thumbnail.part_in_image = part;
    const double longer = std::max(part.Width(), part.Height());
    thumbnail.scale = longer > 0 ? std::min(1.0, view.max_side_px / longer) : 1.0;
  } else {
    entry["image"] = Base64(EncodeJpeg(thumbnail.image, kJpegQuality));
  }
  const Box& part = thumbnail.part_in_image;
  const auto place = [&](float value, float origin) {
    return std::round((double{value} - double{origin}) * thumbnail.scale * 10) / 10;
  };
  entry["w"] = place(part.x1, part.x0);
  entry["h"] = place(part.y1, part.y0);
  entry["marks"] = Json::array();
  for (const ReportMark& mark : view.marks) {
    entry["marks"].push_back({place(mark.box.x0, part.x0),
                              place(mark.box.y0, part.y0),
                              place(mark.box.x1, mark.box.x0),
                              place(mark.box.y1, mark.box.y0),
                              mark.kind,
                              WithoutInvalidUtf8(mark.label)});
  }
  return entry;
}

std::optional<Image> ReadIfPossible(const AnnotatedImage& annotated) {
  if (annotated.image_path.empty()) return std::nullopt;
  try {
    return ReadImage(annotated.image_path, {.lenient = true});  // what is there helps people
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::vector<Json> RenderViews(const std::vector<ReportView>& views, const Dataset& dataset) {
  std::map<std::size_t, std::vector<std::size_t>> views_of_image;
  for (std::size_t i = 0; i < views.size(); ++i) views_of_image[views[i].image].push_back(i);
  std::vector<Json> entries(views.size());
  for (const auto& [image, positions] : views_of_image) {
    const AnnotatedImage& annotated = dataset.images[image];
    const std::optional<Image> pixels = ReadIfPossible(annotated);
    for (const std::size_t i : positions) {
      entries[i] = Render(views[i], pixels ? &*pixels : nullptr, annotated.id);
    }
  }
  return entries;
}

}  // namespace deeper
