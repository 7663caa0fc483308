#include "core/pictures/picture_kinds.h"

#include <algorithm>
#include <array>
#include <vector>

#include "core/files/file.h"
#include "core/text/lower.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;
using Role = ContentRole;

// A kind with a beginning of its content, at `at` bytes. `also`, if any, stands at `also_at`.
struct Row {
  ContentKind kind;
  std::string_view start;
  std::size_t at = 0;
  std::string_view also = {};
  std::size_t also_at = 0;
};

constexpr Row Picture(std::string_view name, std::string_view start) {
  return {.kind = {.name = name, .role = Role::kPicture}, .start = start};
}
constexpr Row Video(std::string_view name, std::string_view start, std::size_t at = 0) {
  return {.kind = {.name = name, .role = Role::kVideo}, .start = start, .at = at};
}
constexpr Row Other(std::string_view name, std::string_view start, std::size_t at = 0) {
  return {.kind = {.name = name, .role = Role::kOther}, .start = start, .at = at};
}
// A file of ISO base media boxes: what it is stands in the brand of its first box.
constexpr Row Branded(std::string_view name, Role role, std::string_view brand) {
  return {
      .kind = {.name = name, .role = role}, .start = "ftyp", .at = 4, .also = brand, .also_at = 8};
}

// The first row that fits counts.
constexpr std::array kRows = {
    Picture("JPEG", "\xFF\xD8\xFF"),
    Picture("PNG", "\x89PNG\r\n\x1A\n"),
    Picture("BMP", "BM"),
    Row{.kind = {.name = "WebP", .role = Role::kPicture},
        .start = "RIFF",
        .also = "WEBP",
        .also_at = 8},
    Picture("TIFF", "II*\0"sv),
    Picture("TIFF", "MM\0*"sv),
    Picture("TIFF", "II+\0"sv),
    Picture("TIFF", "MM\0+"sv),
    Picture("GIF", "GIF87a"),
    Picture("GIF", "GIF89a"),
    Picture("PNM", "P1"),
    Picture("PNM", "P2"),
    Picture("PNM", "P3"),
    Picture("PNM", "P4"),
    Picture("PNM", "P5"),
    Picture("PNM", "P6"),
    Picture("PAM", "P7\n"),
    Picture("JPEG 2000", "\0\0\0\x0CjP  \r\n\x87\n"sv),
    Picture("JPEG 2000", "\xFF\x4F\xFF\x51"),
    Branded("AVIF", Role::kPicture, "avif"),
    Branded("AVIF", Role::kPicture, "avis"),
    Branded("HEIC", Role::kPicture, "heic"),
    Branded("HEIC", Role::kPicture, "heix"),
    Branded("HEIC", Role::kPicture, "heim"),
    Branded("HEIC", Role::kPicture, "heis"),
    Branded("HEIC", Role::kPicture, "hevc"),
    Branded("HEIC", Role::kPicture, "hevx"),
    Branded("HEIC", Role::kPicture, "mif1"),
    Branded("HEIC", Role::kPicture, "msf1"),
    Branded("a raw photograph of a Canon camera", Role::kOther, "crx "),
    Branded("an audio file", Role::kOther, "M4A "),
    Branded("MP4", Role::kVideo, ""),
    Video("MP4", "moov", 4),
    Video("MP4", "mdat", 4),
    Video("MP4", "wide", 4),
    Video("Matroska", "\x1A\x45\xDF\xA3"),
    Row{.kind = {.name = "AVI", .role = Role::kVideo},
        .start = "RIFF",
        .also = "AVI ",
        .also_at = 8},
    Video("ASF", "\x30\x26\xB2\x75\x8E\x66\xCF\x11"),
    Video("Flash video", "FLV\x01"),
    Video("MPEG", "\0\0\x01\xBA"sv),
    Video("MPEG", "\0\0\x01\xB3"sv),
    Row{.kind = {.name = "MPEG transport stream", .role = Role::kVideo},
        .start = "\x47",
        .also = "\x47",
        .also_at = 188},
    Row{.kind = {.name = "MPEG transport stream", .role = Role::kVideo},
        .start = "\x47",
        .at = 4,
        .also = "\x47",
        .also_at = 196},
    Video("Ogg", "OggS"),
    Video("YUV4MPEG", "YUV4MPEG2"),
    Video("MXF", "\x06\x0E\x2B\x34"),
    Other("a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'",
          "version https://git-lfs"),
    Other("a JPEG XL picture", "\xFF\x0A"),
    Other("a JPEG XL picture", "\0\0\0\x0CJXL "sv),
    Other("an OpenEXR picture", "\x76\x2F\x31\x01"),
    Other("a Radiance HDR picture", "#?RADIANCE"),
    Other("a Photoshop file", "8BPS"),
    Other("an icon", "\0\0\x01\0"sv),
    Other("a DICOM file", "DICM", 128),
    Other("a FITS file", "SIMPLE  ="),
    Other("a PDF document", "%PDF"),
    Other("a PostScript document", "%!PS"),
    Other("a ZIP archive", "PK\x03\x04"),
    Other("a gzip archive", "\x1F\x8B"),
    Other("a tar archive", "ustar", 257),
    Other("a RAR archive", "Rar!"),
    Other("a 7-Zip archive", "7z\xBC\xAF\x27\x1C"),
    Other("a NumPy array", "\x93NUMPY"),
    Other("an HDF5 file", "\x89HDF\r\n"),
    Other("an AppleDouble file of macOS with the attributes of another", "\0\x05\x16\x07"sv),
    Other("an audio file", "ID3"),
};

// Lower case, with the "."; every ending of what is read.
constexpr std::array kPictureEndings = {
    ".jpg"sv, ".jpeg"sv, ".jpe"sv,  ".jfif"sv, ".jif"sv,  ".mpo"sv, ".png"sv, ".apng"sv,
    ".bmp"sv, ".dib"sv,  ".webp"sv, ".tif"sv,  ".tiff"sv, ".ppm"sv, ".pgm"sv, ".pbm"sv,
    ".pnm"sv, ".pam"sv,  ".jp2"sv,  ".j2k"sv,  ".j2c"sv,  ".jpc"sv, ".jpf"sv, ".jpx"sv,
    ".gif"sv, ".heic"sv, ".heif"sv, ".hif"sv,  ".avif"sv};
constexpr std::array kVideoEndings = {
    ".avi"sv, ".mp4"sv, ".m4v"sv,   ".mov"sv,  ".qt"sv,  ".mkv"sv, ".webm"sv, ".mpg"sv, ".mpeg"sv,
    ".mpe"sv, ".m2v"sv, ".mjpeg"sv, ".mjpg"sv, ".3gp"sv, ".3g2"sv, ".ts"sv,   ".mts"sv, ".m2ts"sv,
    ".vob"sv, ".wmv"sv, ".asf"sv,   ".flv"sv,  ".ogv"sv, ".y4m"sv, ".mxf"sv};

// The texts of markup, after blanks: a web page, a drawing, XML.
const ContentKind* KindOfMarkup(std::string_view text) {
  static constexpr ContentKind kPage = {.name =
                                            "a web page, as a server sends it in place of a file"};
  static constexpr ContentKind kDrawing = {.name = "an SVG drawing"};
  static constexpr ContentKind kXml = {.name = "an XML file"};
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (!text.starts_with('<')) return nullptr;
  const std::string lower = Lower(text);
  if (lower.starts_with("<!doctype html") || lower.starts_with("<html")) return &kPage;
  if (lower.find("<svg") != std::string::npos) return &kDrawing;
  if (lower.find("<html") != std::string::npos) return &kPage;
  return lower.starts_with("<?xml") ? &kXml : nullptr;
}

}  // namespace

const ContentKind* KindOfContent(std::span<const std::uint8_t> first_bytes) {
  const std::string_view text(reinterpret_cast<const char*>(first_bytes.data()),
                              std::min(first_bytes.size(), kContentBytes));
  const auto has = [&](std::size_t at, std::string_view part) {
    return at <= text.size() && text.substr(at).starts_with(part);
  };
  for (const Row& row : kRows) {
    if (has(row.at, row.start) && has(row.also_at, row.also)) return &row.kind;
  }
  return KindOfMarkup(text);
}

const ContentKind* KindOfFile(const fs::path& path) {
  const InputFile file(path);
  std::vector<std::uint8_t> bytes(std::min<std::uintmax_t>(file.size(), kContentBytes));
  file.ReadAt(0, bytes);
  return KindOfContent(bytes);
}

std::string ReadablePictures() {
  std::string names;
  std::string_view last;
  for (const Row& row : kRows) {
    if (row.kind.role != Role::kPicture || row.kind.name == last) continue;
    last = row.kind.name;
    names += (names.empty() ? "" : ", ") + std::string(last);
  }
  return names;
}

std::size_t PictureEndingRank(const fs::path& path) {
  const auto found = std::ranges::find(kPictureEndings, Lower(path.extension().string()));
  return static_cast<std::size_t>(found - kPictureEndings.begin());
}

bool HasPictureEnding(const fs::path& path) {
  return PictureEndingRank(path) < kPictureEndings.size();
}

bool HasVideoEnding(const fs::path& path) {
  return std::ranges::find(kVideoEndings, Lower(path.extension().string())) != kVideoEndings.end();
}

std::string WithoutPictureEnding(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  const std::size_t begin = name.rfind('/') + 1;
  if (dot == std::string_view::npos || dot <= begin || !HasPictureEnding(name)) {
    return std::string(name);
  }
  return std::string(name.substr(0, dot));
}

bool IsOfAnotherProgram(const fs::path& path) {
  constexpr std::array kNames = {"__macosx"sv,
                                 "@eadir"sv,
                                 "@recycle"sv,
                                 "@tmp"sv,
                                 "#recycle"sv,
                                 "#snapshot"sv,
                                 "$recycle.bin"sv,
                                 "system volume information"sv,
                                 "lost+found"sv,
                                 "thumbnails"sv,
                                 "thumbs"sv,
                                 "thumbs.db"sv,
                                 "desktop.ini"sv};
  const std::string name = Lower(path.filename().string());
  const bool is_hidden = name.starts_with('.') && name != "." && name != "..";
  return is_hidden || std::ranges::find(kNames, name) != kNames.end();
}

}  // namespace deeper
