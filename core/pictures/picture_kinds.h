#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace deeper {

// The one table of what the program reads, pictures and videos, and of what it knows by name
// without reading it. The content decides what a file is; a name's ending only chooses which files
// of a directory are looked at.

enum class ContentRole {
  kPicture,  // read
  kVideo,    // taken apart into frames, by the verbs that take videos
  kOther,    // known by name alone: "a PDF document"
};

struct ContentKind {
  std::string_view name;  // "JPEG", "an SVG drawing"
  ContentRole role = ContentRole::kOther;
};

// How many of a file's first bytes KindOfContent looks at.
inline constexpr std::size_t kContentBytes = 4096;

// What a file is by its first bytes, kContentBytes or all of it; nullptr for what is not known.
const ContentKind* KindOfContent(std::span<const std::uint8_t> first_bytes);
const ContentKind* KindOfFile(const std::filesystem::path& path);  // throws Error when unreadable

// The names of what is read as a picture: "JPEG, PNG, ...".
std::string ReadablePictures();

// Whether a name ends like that of a picture (".jpg", ".jfif", ".heic", ...) or of a video, in any
// letter case. ".mjpeg" is a video though its content begins like a picture.
bool HasPictureEnding(const std::filesystem::path& path);
bool HasVideoEnding(const std::filesystem::path& path);
// How usual the ending is among pictures', 0 the most.
std::size_t PictureEndingRank(const std::filesystem::path& path);
// A name without its picture ending, whatever its directory: "a/b.JPG" gives "a/b", "v1.2" stays.
std::string WithoutPictureEnding(std::string_view name);

// Whether a file or directory of this name belongs to another program rather than to a collection
// of pictures: hidden ones (".git", "._a.jpg" of macOS), "__MACOSX", "@eaDir" and "#recycle" of
// network disks, folders of thumbnails, and the like.
bool IsOfAnotherProgram(const std::filesystem::path& name);

}  // namespace deeper
