#include "core/pictures/picture_finder.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "core/files/path_kind.h"
#include "core/pictures/picture_kinds.h"
#include "core/text/percent.h"

namespace deeper {

namespace fs = std::filesystem;

namespace {

std::string WithSlashes(std::string name) {
  std::ranges::replace(name, '\\', '/');
  while (name.starts_with("./")) name.erase(0, 2);
  return name;
}

std::string LastPartOf(const std::string& name) { return name.substr(name.rfind('/') + 1); }

// What Label Studio makes of a file's name, as Django's get_valid_filename: "_" for blanks, of
// signs but "-", "_" and "." nothing. Letters of other scripts stay.
std::string StoredName(const std::string& name) {
  std::string stored;
  for (const char c : name) {
    const bool is_ascii = static_cast<unsigned char>(c) < 0x80;
    const bool is_letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (c == ' ') {
      stored += '_';
    } else if (!is_ascii || is_letter || c == '-' || c == '_' || c == '.') {
      stored += c;
    }
  }
  return stored;
}

// The name behind the eight hexadecimal digits and "-" that Label Studio puts before an upload's;
// nothing where they are not there.
std::optional<std::string> UploadedName(const std::string& name) {
  constexpr std::size_t kDigits = 8;
  if (name.size() <= kDigits || name[kDigits] != '-') return std::nullopt;
  if (name.find_first_not_of("0123456789abcdef") != kDigits) return std::nullopt;
  return name.substr(kDigits + 1);
}

}  // namespace

PictureFinder::PictureFinder(fs::path directory) : directory_(std::move(directory)) {}

std::optional<fs::path> PictureFinder::Find(std::string_view name) {
  const std::string slashed = WithSlashes(std::string(name));
  for (const std::string& tried : {std::string(name), slashed, PercentDecoded(slashed)}) {
    if (!tried.empty() && tried.find('\0') == std::string::npos && IsFile(directory_ / tried)) {
      return directory_ / tried;
    }
  }
  if (!is_listed_) List();
  for (const std::string& tried : {slashed, PercentDecoded(slashed)}) {
    const std::string path = WithoutPictureEnding(tried);
    for (const auto& [index, key] :
         {std::pair(&by_path_, path), std::pair(&by_last_part_, LastPartOf(path))}) {
      const auto found = index->find(key);
      if (found != index->end() && found->second) return found->second;
    }
    if (const std::optional<std::string> uploaded = UploadedName(LastPartOf(path))) {
      const auto found = by_stored_name_.find(*uploaded);
      if (found != by_stored_name_.end() && found->second) return found->second;
    }
  }
  return std::nullopt;
}

void PictureFinder::List() {
  is_listed_ = true;
  std::error_code error;
  fs::recursive_directory_iterator entry(
      directory_, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (IsOfAnotherProgram(entry->path())) {
      std::error_code ignored;
      if (entry->is_directory(ignored)) entry.disable_recursion_pending();
      continue;
    }
    if (!HasPictureEnding(entry->path()) || !IsFile(entry->path())) continue;
    const std::string path =
        WithoutPictureEnding(entry->path().lexically_relative(directory_).string());
    for (const auto& [index, key] : {std::pair(&by_path_, path),
                                     std::pair(&by_last_part_, LastPartOf(path)),
                                     std::pair(&by_stored_name_, StoredName(LastPartOf(path)))}) {
      const auto [place, is_new] = index->try_emplace(key, entry->path());
      if (is_new || !place->second) continue;
      if (place->second->parent_path() == entry->path().parent_path()) {
        if (PictureEndingRank(entry->path()) < PictureEndingRank(*place->second)) {
          place->second = entry->path();
        }
      } else {
        place->second = std::nullopt;
      }
    }
  }
}

}  // namespace deeper
