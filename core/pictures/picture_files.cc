#include "core/pictures/picture_files.h"

#include <fmt/format.h>
#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <system_error>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/picture_kinds.h"
#include "core/random.h"

namespace deeper {

namespace fs = std::filesystem;

namespace {

// `path` with its extension, made relative and free of "..". Ids are cut from this.
fs::path SafeRelative(const fs::path& path) {
  fs::path safe;
  for (const fs::path& part : path.lexically_normal().relative_path()) {
    if (part != ".." && part != "." && !part.empty()) safe /= part;
  }
  return safe;
}

// Gathers what words name; ids keep their extensions until they are made.
class Search {
 public:
  explicit Search(const LookOptions& options) : with_videos_(options.with_videos) {
    for (const fs::path& path : options.left_out) {
      left_out_.insert((fs::weakly_canonical(path) / "").parent_path());  // without a last "/"
    }
  }

  void AddWord(const std::string& word, const fs::path& base) {
    const fs::path path = base / word;
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      AddOneDirectory(path);
    } else if (fs::exists(path, ignored)) {
      Add(path, fs::path(word).is_absolute() ? path.filename() : fs::path(word));
    } else {
      AddPattern(path.string());
    }
  }

  void AddList(const fs::path& list) {
    const std::string text = ReadPlainText(list);
    for (const std::string_view line : SplitLines(text)) {
      const std::string word = WordOf(line, list.parent_path());
      if (!word.empty()) AddWord(word, list.parent_path());
    }
  }

  void AddDirectory(const fs::path& directory) {
    const fs::path whole = fs::weakly_canonical(directory);
    const auto is_left_out = [&](const fs::path& path) {
      return !left_out_.empty() &&
             left_out_.contains((whole / path.lexically_relative(directory)).lexically_normal());
    };
    const fs::recursive_directory_iterator end;
    std::error_code error;
    fs::recursive_directory_iterator entry(directory, error);
    if (error) PassOver(directory, found_.passed_over.unreadable);
    while (!error && entry != end) {
      std::error_code ignored;
      const bool is_directory = entry->is_directory(ignored);
      bool enters = true;
      if (IsOfAnotherProgram(entry->path())) {
        PassOver(entry->path(), found_.passed_over.other_programs);
        enters = false;
      } else if (is_left_out(entry->path())) {
        PassOver(entry->path(), found_.passed_over.left_out);
        enters = false;
      } else if (is_directory && access(entry->path().c_str(), R_OK | X_OK) != 0) {
        PassOver(entry->path(), found_.passed_over.unreadable);
        enters = false;
      } else if (is_directory && entry->is_symlink(ignored)) {
        PassOver(entry->path(), found_.passed_over.unreadable);
      } else if (!is_directory && !entry->exists(ignored)) {
        PassOver(entry->path(), found_.passed_over.unreadable);
      } else if (!is_directory && !entry->is_regular_file(ignored)) {
        PassOver(entry->path(), found_.passed_over.other_files);
      } else if (!is_directory && IsLookedFor(entry->path())) {
        Add(entry->path(), entry->path().lexically_relative(directory));
      } else if (!is_directory) {
        PassOver(entry->path(), found_.passed_over.other_files);
      }
      if (is_directory && !enters) entry.disable_recursion_pending();
      entry.increment(error);
    }
  }

  FoundPictures Take() && { return std::move(found_); }

 private:
  bool IsLookedFor(const fs::path& path) const {
    return HasPictureEnding(path) || (with_videos_ && HasVideoEnding(path));
  }

  void PassOver(const fs::path& path, std::size_t& count) {
    ++count;
    if (found_.passed_over.example.empty()) found_.passed_over.example = path.string();
  }

  void Add(const fs::path& path, const fs::path& relative) {
    const std::string name = SafeRelative(relative).string();
    found_.pictures.push_back({.path = path, .id = name, .file_name = name});
  }

  void AddOneDirectory(const fs::path& directory) {
    const std::size_t before = found_.pictures.size();
    AddDirectory(directory);
    if (found_.pictures.size() > before) return;
    const PassedOver& passed = found_.passed_over;
    throw Error(fmt::format(
        "{}: expected pictures (.jpg, .png, ...) in this directory or below, found none{}",
        directory.string(),
        passed.Count() == 0
            ? ""
            : fmt::format(" among {} other files, such as {}", passed.Count(), passed.example)));
  }

  void AddPattern(const std::string& pattern) {
    glob_t matches{};
    // NOLINTNEXTLINE(concurrency-mt-unsafe): without GLOB_TILDE it reads no shared state
    const int status = glob(pattern.c_str(), 0, nullptr, &matches);
    std::vector<fs::path> paths;
    for (std::size_t i = 0; status == 0 && i < matches.gl_pathc; ++i)
      paths.emplace_back(matches.gl_pathv[i]);
    globfree(&matches);
    if (paths.empty()) {
      throw Error(fmt::format("{}: no such file or directory, and no file matches it as a pattern",
                              pattern));
    }
    for (const fs::path& path : paths) {
      if (fs::is_directory(path)) {
        AddOneDirectory(path);
      } else {
        Add(path, path.is_absolute() ? path.filename() : path);
      }
    }
  }

  // The word of a list's line: trimmed of blanks and quotes and with "/" for "\", each where that
  // names a file and the line as it is does not.
  static std::string WordOf(std::string_view line, const fs::path& base) {
    const std::string whole(line);
    std::error_code ignored;
    if (whole.empty() || fs::exists(base / whole, ignored)) return whole;
    constexpr std::string_view kBlanks = " \t";
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    line = line.substr(0, line.find_last_not_of(kBlanks) + 1);
    const bool is_quoted = line.size() >= 2 && line.front() == line.back() &&
                           (line.front() == '"' || line.front() == '\'');
    std::string word(is_quoted ? line.substr(1, line.size() - 2) : line);
    if (word.empty() || fs::exists(base / word, ignored)) return word;
    std::string slashed = word;
    std::ranges::replace(slashed, '\\', '/');
    return fs::exists(base / slashed, ignored) ? slashed : word;
  }

  bool with_videos_;
  std::set<fs::path> left_out_;  // canonical
  FoundPictures found_;
};

// Cuts the extensions off the ids, unless two pictures would then share one.
void MakeIdsUnique(std::vector<Picture>& pictures) {
  const auto without_extension = [](const std::string& id) {
    return fs::path(id).replace_extension().string();
  };
  std::unordered_map<std::string, std::size_t> uses;  // of each short id
  for (const Picture& picture : pictures) ++uses[without_extension(picture.id)];
  std::unordered_set<std::string> taken;
  std::unordered_map<std::string, std::size_t>
      last_number;  // given to an id, so none is tried twice
  for (Picture& picture : pictures) {
    const std::string short_id = without_extension(picture.id);
    if (uses[short_id] == 1) picture.id = short_id;
    const std::string wanted = picture.id;
    if (taken.insert(picture.id).second) continue;
    std::size_t& number = last_number.try_emplace(wanted, 1).first->second;
    do {
      picture.id = fmt::format("{}~{}", wanted, ++number);
    } while (!taken.insert(picture.id).second);
  }
}

// Sorted, each picture once, with its id.
FoundPictures Finished(FoundPictures found) {
  std::ranges::sort(found.pictures, [](const Picture& a, const Picture& b) {
    return std::tie(a.id, a.path) < std::tie(b.id, b.path);
  });
  std::vector<Picture> pictures;
  std::set<fs::path> seen;
  for (Picture& picture : found.pictures) {
    if (seen.insert(fs::weakly_canonical(picture.path)).second)
      pictures.push_back(std::move(picture));
  }
  MakeIdsUnique(pictures);
  found.pictures = std::move(pictures);
  return found;
}

}  // namespace

FoundPictures LookForPictures(const std::vector<std::string>& words, const LookOptions& options) {
  Search search(options);
  for (const std::string& word : words) {
    if (word.size() > 1 && word.front() == '@') {
      search.AddList(word.substr(1));
    } else {
      search.AddWord(word, fs::path());
    }
  }
  return Finished(std::move(search).Take());
}

std::vector<Picture> FindPictures(const std::vector<std::string>& words) {
  return LookForPictures(words).pictures;
}

FoundPictures FindPicturesBelow(const fs::path& directory) {
  Search search({});
  search.AddDirectory(directory);
  return Finished(std::move(search).Take());
}

fs::path DrawingFile(const std::string& id) {
  constexpr std::size_t kMostBytes = 255;  // of a name, on Linux's file systems
  constexpr std::size_t kKept = 200;
  const fs::path file = id + ".jpg";
  const std::string name = file.filename().string();
  if (name.size() <= kMostBytes) return file;
  std::size_t kept = kKept;
  while (kept > 0 && (static_cast<unsigned char>(name[kept]) & 0xC0U) == 0x80U) --kept;
  return file.parent_path() / fmt::format("{}~{:016x}.jpg", name.substr(0, kept), Fnv1a(id));
}

std::string NameWithEnding(const std::string& id, const fs::path& file) {
  if (file.empty() || WithoutPictureEnding(id) != id) return file.empty() ? "" : id;
  return id + file.extension().string();
}

std::vector<Picture> PicturesOf(const Dataset& dataset) {
  std::vector<Picture> pictures;
  for (const AnnotatedImage& image : dataset.images) {
    pictures.push_back({.path = image.image_path,
                        .id = image.id,
                        .file_name = NameWithEnding(image.id, image.image_path)});
  }
  return pictures;
}

}  // namespace deeper
