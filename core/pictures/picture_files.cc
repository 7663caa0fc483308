#include "core/pictures/picture_files.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <tuple>

#include "core/error.h"
#include "core/files/file.h"

namespace deeper {

namespace fs = std::filesystem;

namespace {

bool IsPictureName(const fs::path& path) {
  static constexpr std::array kEndings = {
      ".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".gif"};
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

// `path` with its extension, made relative and free of "..". Ids are cut from this.
fs::path SafeRelative(const fs::path& path) {
  fs::path safe;
  for (const fs::path& part : path.lexically_normal().relative_path()) {
    if (part != ".." && part != "." && !part.empty()) safe /= part;
  }
  return safe;
}

// A picture named `relative` below some input; the id keeps its extension until ids are made.
void Add(const fs::path& path, const fs::path& relative, std::vector<Picture>& pictures) {
  pictures.push_back({.path = path, .id = SafeRelative(relative).string()});
}

void AddDirectory(const fs::path& directory, std::vector<Picture>& pictures) {
  const std::size_t before = pictures.size();
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(directory, fs::directory_options::skip_permission_denied)) {
    if (entry.is_regular_file() && IsPictureName(entry.path())) {
      Add(entry.path(), entry.path().lexically_relative(directory), pictures);
    }
  }
  if (pictures.size() == before) {
    throw Error(fmt::format(
        "{}: expected pictures (.jpg, .png, ...) in this directory or below, found none",
        directory.string()));
  }
}

void AddPattern(const std::string& pattern, std::vector<Picture>& pictures) {
  glob_t matches{};
  // NOLINTNEXTLINE(concurrency-mt-unsafe): without GLOB_TILDE it reads no shared state
  const int status = glob(pattern.c_str(), 0, nullptr, &matches);
  std::vector<fs::path> paths;
  for (std::size_t i = 0; status == 0 && i < matches.gl_pathc; ++i)
    paths.emplace_back(matches.gl_pathv[i]);
  globfree(&matches);
  if (paths.empty()) {
    throw Error(
        fmt::format("{}: no such file or directory, and no file matches it as a pattern", pattern));
  }
  for (const fs::path& path : paths) {
    if (fs::is_directory(path)) {
      AddDirectory(path, pictures);
    } else {
      Add(path, path.is_absolute() ? path.filename() : path, pictures);
    }
  }
}

void AddWord(const std::string& word, const fs::path& base, std::vector<Picture>& pictures) {
  const fs::path path = base / word;
  if (fs::is_directory(path)) {
    AddDirectory(path, pictures);
  } else if (fs::exists(path)) {
    Add(path, fs::path(word).is_absolute() ? path.filename() : fs::path(word), pictures);
  } else {
    AddPattern(path.string(), pictures);
  }
}

void AddList(const fs::path& list, std::vector<Picture>& pictures) {
  const std::string text = ReadTextFile(list);
  for (const std::string_view line : SplitLines(text)) {
    if (!line.empty()) AddWord(std::string(line), list.parent_path(), pictures);
  }
}

// Cuts the extensions off the ids, unless two pictures would then share one.
void MakeIdsUnique(std::vector<Picture>& pictures) {
  const auto without_extension = [](const std::string& id) {
    return fs::path(id).replace_extension().string();
  };
  std::multiset<std::string> short_ids;
  for (const Picture& picture : pictures) short_ids.insert(without_extension(picture.id));
  std::set<std::string> taken;
  for (Picture& picture : pictures) {
    const std::string short_id = without_extension(picture.id);
    if (short_ids.count(short_id) == 1) picture.id = short_id;
    const std::string wanted = picture.id;
    for (int number = 2; !taken.insert(picture.id).second; ++number) {
      picture.id = fmt::format("{}~{}", wanted, number);
    }
  }
}

}  // namespace

std::vector<Picture> FindPictures(const std::vector<std::string>& words) {
  std::vector<Picture> found;
  for (const std::string& word : words) {
    if (word.size() > 1 && word.front() == '@') {
      AddList(word.substr(1), found);
    } else {
      AddWord(word, fs::path(), found);
    }
  }
  std::sort(found.begin(), found.end(), [](const Picture& a, const Picture& b) {
    return std::tie(a.id, a.path) < std::tie(b.id, b.path);
  });
  std::vector<Picture> pictures;
  std::set<fs::path> seen;
  for (Picture& picture : found) {
    if (seen.insert(fs::weakly_canonical(picture.path)).second)
      pictures.push_back(std::move(picture));
  }
  MakeIdsUnique(pictures);
  return pictures;
}

std::vector<Picture> PicturesOf(const Dataset& dataset) {
  std::vector<Picture> pictures;
  for (const AnnotatedImage& image : dataset.images) {
    pictures.push_back({.path = image.image_path, .id = image.id});
  }
  return pictures;
}

}  // namespace deeper
