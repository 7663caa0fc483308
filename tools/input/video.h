#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "core/pictures/picture_files.h"

namespace deeper::tools {

// Whether the name ends like a video's: .avi, .mp4, .m4v, .mov, .mkv, .webm, .mpg, .mpeg or .mjpeg,
// in either case.
bool IsVideoName(const std::filesystem::path& path);

// A video taken apart.
struct VideoFrames {
  std::string id;               // of the video
  std::vector<Picture> frames;  // JPEG files, with ids "<id>/000120": frames count from 0
  double fps = 25;              // frames a second of the video itself; 25 where it does not say
  bool is_cut = false;          // it ends before it says that it does, or a frame is broken
};

// Writes every `every`-th frame, from the first, as "<directory>/<id>/000000.jpg", .... Throws
// Error naming the file when it is missing, not a regular file, no video that this OpenCV decodes,
// without a readable frame, or larger than 100 million pixels. Expects every >= 1.
VideoFrames ExtractFrames(const Picture& video, const std::filesystem::path& directory, int every);

// Writes the pictures, all of the first one's size, as a motion JPEG video in AVI, which every
// player knows; whole or not at all. Expects at least one picture and fps > 0. Throws Error for a
// picture that cannot be read or has another size, WriteError when the file cannot be written.
void WriteVideo(const std::vector<std::filesystem::path>& pictures,
                double fps,
                const std::filesystem::path& path);

struct Videos {
  std::vector<VideoFrames> videos;
  std::size_t failed = 0;  // that cannot be read, or not to their end
};

// Takes the videos among `pictures` (IsVideoName) out and puts their frames in their places; see
// ExtractFrames. Says on stderr which video failed and why.
Videos ReplaceVideos(std::vector<Picture>& pictures,
                     const std::filesystem::path& directory,
                     int every);

// For each video "<output>/<id>.avi" of the drawings of its frames, "<drawings>/<frame id>.jpg", as
// fast as the video itself. Frames without a drawing are left out.
void WriteDrawnVideos(const Videos& videos,
                      const std::filesystem::path& drawings,
                      const std::filesystem::path& output,
                      int every);

}  // namespace deeper::tools
