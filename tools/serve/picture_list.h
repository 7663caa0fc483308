#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace deeper::tools {

// A file's bytes, and what they are for a browser: "image/jpeg".
struct PictureBytes {
  std::string content;
  std::string type;
};

// The pictures that the server was started with, and where it was a directory of results what was
// found in them. Requests name them by number, so that nothing else can be read. Safe from several
// threads.
class PictureList {
 public:
  PictureList() = default;
  // word: a directory with detections.jsonl in it is one of results, whose pictures are looked for
  // below `images`, else drawn ones are taken; of other words FindPictures' pictures. Throws Error
  // as the readers do.
  PictureList(const std::vector<std::string>& words, const std::string& images);

  std::size_t size() const { return entries_.size(); }
  // {"pictures": [{"number", "id", "file", "has_record"}], "colours": {class: "#rrggbb"}}
  std::string Json() const;
  // The record of detections.jsonl; nothing where there is none.
  std::optional<std::string> Record(std::size_t number) const;
  // Nothing where there is no such number or no file. Throws Error, with the picture's id instead
  // of a path, for a file that cannot be read.
  std::optional<PictureBytes> Bytes(std::size_t number) const;

 private:
  struct Entry {
    std::string id;
    std::string file_name;       // as Picture::file_name has it
    std::filesystem::path path;  // "": there is none
    std::string record;          // "": there is none
  };
  void AddResults(const std::filesystem::path& directory, const std::string& images);

  std::vector<Entry> entries_;
  std::vector<std::string> classes_;
};

// "#rrggbb", as drawings have it, for each of so many classes.
std::vector<std::string> ColourTexts(std::size_t classes);

}  // namespace deeper::tools
