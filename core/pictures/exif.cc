#include "core/pictures/exif.h"

#include <libexif/exif-data.h>

#include <memory>
#include <string_view>
#include <vector>

namespace deeper {
namespace {

using namespace std::string_view_literals;

using ExifHandle =
    std::unique_ptr<ExifData, decltype([](ExifData* data) { exif_data_unref(data); })>;

}  // namespace

int ExifOrientation(std::span<const std::uint8_t> exif) {
  constexpr int kUpright = 1;
  constexpr std::string_view kStart = "Exif\0\0"sv;  // which libexif expects
  const std::string_view text(reinterpret_cast<const char*>(exif.data()), exif.size());
  std::vector<std::uint8_t> data;
  if (!text.starts_with(kStart)) data.assign(kStart.begin(), kStart.end());
  data.insert(data.end(), exif.begin(), exif.end());
  const ExifHandle read(
      exif_data_new_from_data(data.data(), static_cast<unsigned int>(data.size())));
  if (read == nullptr) return kUpright;
  const ExifEntry* entry = exif_content_get_entry(read->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  if (entry == nullptr || entry->format != EXIF_FORMAT_SHORT || entry->size < 2) return kUpright;
  const int orientation = exif_get_short(entry->data, exif_data_get_byte_order(read.get()));
  return orientation >= 1 && orientation <= 8 ? orientation : kUpright;
}

}  // namespace deeper
