#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "core/pictures/picture_files.h"

namespace deeper::tools {

// Whether a file is a video: by its content, whatever its name. By its name where the content is
// not known, or where it is motion JPEG, which begins like a picture
// (core/pictures/picture_kinds.h).
bool IsVideo(const std::filesystem::path& path);

// A video taken apart.
struct VideoFrames {
  std::string id;               // of the video
  std::vector<Picture> frames;  // JPEG files, with ids "<id>/000120": frames count from 0
  double fps = 25;              // frames a second of the video itself; 25 where it does not say
  bool is_cut = false;          // it ends earlier than it says, or a frame is broken
};

// Writes every `every`-th frame, from the first, as "<directory>/<id>/000000.jpg", ..., turned as
// the video's display matrix says. Throws
// Error that names the file when it is missing, is not a regular file, is no video that this OpenCV
// decodes, has no readable frame, or has frames of more than 100 million pixels. Expects every
// >= 1.
VideoFrames ExtractFrames(const Picture& video, const std::filesystem::path& directory, int every);

// Writes the pictures, all of the first one's size, as a motion JPEG video in AVI, which every
// player knows; whole or not at all. Expects at least one picture and fps > 0. Throws Error for a
// picture that cannot be read or has another size, WriteError when the file cannot be written.
void WriteVideo(const std::vector<std::filesystem::path>& pictures,
                double fps,
                const std::filesystem::path& path);

// Gives a video another id where its frames could have ids of other pictures, as "clip.mp4" beside
// pictures in a directory "clip": its name with its ending, and then with a number.
void NameVideosApart(std::vector<Picture>& pictures);

struct Videos {
  std::vector<VideoFrames> videos;
  std::size_t failed = 0;  // that cannot be read, or not to their end
};

// Replaces each video among `pictures` (IsVideo) by its frames, as ExtractFrames writes them.
// Says on stderr which video failed and why.
Videos ReplaceVideos(std::vector<Picture>& pictures,
                     const std::filesystem::path& directory,
                     int every);

// The file of a drawn video, relative to the directory of output.
std::filesystem::path DrawnVideoFile(const std::string& id);

// Writes for each video "<output>/<id>.avi", as fast as the video itself. Its frames are the
// drawings "<drawings>/<frame id>.jpg"; those without a drawing are left out.
void WriteDrawnVideos(const Videos& videos,
                      const std::filesystem::path& drawings,
                      const std::filesystem::path& output,
                      int every);

}  // namespace deeper::tools
