#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/dataset.h"

namespace deeper::tools {

// A file's bytes, and what they are for a browser: "image/jpeg".
struct PictureBytes {
  std::string content;
  std::string type;
};

// The pictures that the server was started with, and where it was a directory of results what was
// found in them. Of a data set it knows which of its pictures each is. Requests name them by
// number, so that nothing else can be read. Safe from several threads.
class PictureList {
 public:
  PictureList() = default;
  // word: a directory with detections.jsonl in it is one of results, whose pictures are looked for
  // below `images`, else in the data set, else drawn ones are taken; of other words FindPictures'
  // pictures. Without words the data set's. Pictures are the data set's by their ids. Throws Error
  // as the readers do.
  PictureList(const std::vector<std::string>& words,
              const std::string& images,
              const Dataset* dataset = nullptr);

  std::size_t size() const { return entries_.size(); }
  // {"pictures": [{"number", "id", "file", "has_record", "has_truth"}], "colours": {class:
  // "#rrggbb"}}
  std::string Json() const;
  // The picture's place in the data set; nothing where it is not in it.
  std::optional<std::size_t> PlaceInDataset(std::size_t number) const;
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
    bool is_drawing = false;     // `path` has boxes drawn on it
    std::optional<std::size_t> place_in_dataset = std::nullopt;
  };
  void AddResults(const std::filesystem::path& directory, const std::string& images);
  void FindIn(const Dataset& dataset);

  std::vector<Entry> entries_;
  std::vector<std::string> classes_;
};

// "#rrggbb", as drawings have it, for each of so many classes.
std::vector<std::string> ColourTexts(std::size_t classes);

}  // namespace deeper::tools
