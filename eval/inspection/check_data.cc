#include "eval/inspection/check_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <unordered_set>

#include "core/class_index.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/files/path_kind.h"
#include "core/pictures/annotated_pictures.h"
#include "core/pictures/picture_kinds.h"
#include "core/work/parallel.h"
#include "eval/inspection/alike_names.h"
#include "eval/inspection/picture_print.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

// The fault that a reader's warning is about.
DataFault FaultOf(WarningKind kind) {
  switch (kind) {
    case WarningKind::kEmptyBox:
      return DataFault::kEmptyBox;
    case WarningKind::kBoxOutside:
      return DataFault::kOutsideBox;
    case WarningKind::kBoxBeyond:
      return DataFault::kBeyondBox;
    case WarningKind::kUnreadablePicture:
      return DataFault::kUnreadablePicture;
    case WarningKind::kMissingPicture:
      return DataFault::kMissingPicture;
    case WarningKind::kMissingAnnotation:
      return DataFault::kUnannotatedPicture;
    case WarningKind::kOther:
      break;
  }
  return DataFault::kOther;
}

// What reading one picture told.
struct SeenPicture {
  std::optional<PicturePrint> print;
  std::string error;
};

SeenPicture Look(const fs::path& path, const CheckDataOptions& options) {
  SeenPicture seen;
  try {
    if (options.headers_only) {
      ReadPictureSize(path, options.reading);
    } else {
      const ScaledImage scaled = ReadScaledImage(path, kPrintSidePx, options.reading);
      seen.print = PrintOf(scaled.image, scaled.full_width, scaled.full_height);
    }
  } catch (const WriteError&) {
    throw;
  } catch (const Error& error) {
    seen.error = error.what();
  }
  return seen;
}

// False where a file is gone since it was looked at.
bool HaveOneContent(const fs::path& a, const fs::path& b) {
  std::error_code error;
  if (fs::equivalent(a, b, error)) return true;
  try {
    const InputFile file_a(a);
    const InputFile file_b(b);
    return file_a.size() == file_b.size() && ReadFile(a) == ReadFile(b);
  } catch (const Error&) {
    return false;
  }
}

// "a 'cat' of 3 x 40 pixels at 10, 20"
std::string BoxText(const Annotation& annotation, const ClassTable& classes) {
  const Box& box = annotation.box;
  return fmt::format("a '{}' of {:.4g} x {:.4g} pixels at {:.4g}, {:.4g}",
                     classes.Name(annotation.class_id),
                     box.Width(),
                     box.Height(),
                     box.x0,
                     box.y0);
}

// Looks over the sets of one data set.
class Checker {
 public:
  Checker(std::vector<CheckedSet> sets, const CheckDataOptions& options, const Monitor& monitor)
      : options_(options), monitor_(monitor) {
    check_.sets = std::move(sets);
  }

  DataCheck Run() && {
    for (std::size_t s = 0; s < check_.sets.size(); ++s) {
      AddWarnings(s);
      Meet(s);
      CheckBoxes(s);
    }
    CountClasses();
    Measure();
    if (options_.names_every_picture) FindUnannotated();
    check_.finished = LookAtPictures();
    std::ranges::stable_sort(check_.findings, {}, &DataFinding::fault);
    return std::move(check_);
  }

 private:
  const Dataset& SetAt(std::size_t s) const { return check_.sets[s].read.dataset; }
  const AnnotatedImage& At(const PictureOfSet& picture) const {
    return SetAt(picture.set).images[picture.image];
  }

  void Add(DataFault fault, const PictureOfSet& picture, std::string what, std::vector<Box> boxes) {
    check_.findings.push_back({.fault = fault,
                               .set = check_.sets[picture.set].name,
                               .where = At(picture).id,
                               .what = std::move(what),
                               .picture = picture,
                               .boxes = std::move(boxes)});
  }

  void AddWarnings(std::size_t s) {
    for (const Warning& warning : check_.sets[s].read.warnings) {
      // One that lost nothing is in the data set, where its picture is missed.
      if (warning.kind == WarningKind::kMissingPicture && !warning.loses) continue;
      check_.findings.push_back({.fault = FaultOf(warning.kind),
                                 .set = check_.sets[s].name,
                                 .where = warning.where,
                                 .what = warning.reason});
    }
  }

  void Meet(std::size_t s) {
    const MetPictures met = MeetPictures(check_.sets[s].read.dataset, {.keeps_all = true});
    check_.turned += met.turned.size();
    for (const SizeMismatch& mismatch : met.mismatched) {
      other_size_.insert({s, mismatch.place});
      Add(DataFault::kOtherSize,
          {.set = s, .image = mismatch.place},
          fmt::format("annotated as {} x {} pixels, has {} x {}",
                      mismatch.annotated_width,
                      mismatch.annotated_height,
                      mismatch.width,
                      mismatch.height),
          {});
    }
  }

  void CheckBoxes(std::size_t s) {
    const Dataset& dataset = SetAt(s);
    for (const SuspiciousBox& box : FindSuspiciousBoxes(dataset, options_.suspicion)) {
      const PictureOfSet picture{.set = s, .image = box.image};
      const Annotation& annotation = At(picture).annotations[box.annotation];
      const std::string text = BoxText(annotation, dataset.classes);
      if (box.tiny) Add(DataFault::kTinyBox, picture, text, {annotation.box});
      if (box.twice) Add(DataFault::kTwiceBox, picture, text, {annotation.box});
    }
    for (std::size_t i = 0; i < dataset.images.size(); ++i) {
      const AnnotatedImage& image = dataset.images[i];
      if (image.width <= 0 || image.height <= 0 || other_size_.contains({s, i})) continue;
      for (const Annotation& annotation : image.annotations) {
        if (!ReachesBeyond(annotation.box, image.width, image.height)) continue;
        const bool is_outside = ClipToImage(annotation.box, image.width, image.height).IsEmpty();
        Add(is_outside ? DataFault::kOutsideBox : DataFault::kBeyondBox,
            {.set = s, .image = i},
            fmt::format("{}; the picture has {} x {}",
                        BoxText(annotation, dataset.classes),
                        image.width,
                        image.height),
            {annotation.box});
      }
    }
  }

  void CountClasses() {
    const std::size_t count = check_.sets.size();
    std::map<std::string, CheckedClass> by_name;
    for (std::size_t s = 0; s < count; ++s) {
      const std::vector<std::string> names = NamesForPeople(SetAt(s).classes);
      const std::vector<LabelCounts> counts = CountLabels(SetAt(s), options_.suspicion);
      for (std::size_t c = 0; c < counts.size(); ++c) {
        CheckedClass& made = by_name[names[c]];
        made.name = names[c];
        made.sets.resize(count);
        made.sets[s] = {.objects = counts[c].objects, .pictures = counts[c].pictures};
      }
    }
    std::vector<std::string> names;
    for (auto& [name, made] : by_name) {
      names.push_back(name);
      check_.classes.push_back(made);
    }
    for (const auto& [a, b] : FindAlikeNames(names)) {
      check_.findings.push_back(
          {.fault = DataFault::kAlikeNames,
           .set = "",
           .where = fmt::format("'{}' and '{}'", a, b),
           .what = fmt::format("{} and {} objects", by_name[a].Objects(), by_name[b].Objects())});
    }
  }

  void Measure() {
    std::vector<std::pair<int, int>> sizes;
    std::vector<double> sides;
    for (const CheckedSet& set : check_.sets) {
      for (const AnnotatedImage& image : set.read.dataset.images) {
        if (image.width > 0 && image.height > 0) sizes.emplace_back(image.width, image.height);
        for (const Annotation& annotation : image.annotations) {
          sides.push_back(std::sqrt(Area(annotation.box)));
        }
      }
    }
    const auto spread = [](auto& values, const auto& key, auto& result) {
      if (values.empty()) return;
      std::ranges::sort(values, {}, key);
      result.emplace();
      result->smallest = values.front();
      result->median = values[values.size() / 2];
      result->largest = values.back();
    };
    const auto area = [](const std::pair<int, int>& size) {
      return double(size.first) * size.second;
    };
    spread(sizes, area, check_.picture_sizes);
    spread(
        sides, [](double side) { return side; }, check_.box_sides);
  }

  // Pictures in the folders of annotated ones that no set names.
  void FindUnannotated() {
    std::set<fs::path> folders;
    std::unordered_set<std::string> named;
    for (const CheckedSet& set : check_.sets) {
      for (const AnnotatedImage& image : set.read.dataset.images) {
        if (!IsFile(image.image_path)) continue;
        const fs::path path = fs::canonical(image.image_path);
        folders.insert(path.parent_path());
        named.insert(path.string());
      }
    }
    for (const fs::path& folder : folders) {
      std::vector<std::string> found;
      std::error_code error;
      for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
           entry.increment(error)) {
        const fs::path& path = entry->path();
        if (HasPictureEnding(path) && !IsOfAnotherProgram(path) && IsFile(path) &&
            !named.contains(fs::canonical(path).string())) {
          found.push_back(path.string());
        }
      }
      std::ranges::sort(found);
      for (std::string& path : found) {
        check_.findings.push_back({.fault = DataFault::kUnannotatedPicture,
                                   .set = "",
                                   .where = std::move(path),
                                   .what = "no annotation names it"});
      }
    }
  }

  // Reads every picture. Returns false when asked to stop.
  bool LookAtPictures() {
    std::vector<PictureOfSet> pictures;
    for (std::size_t s = 0; s < check_.sets.size(); ++s) {
      for (std::size_t i = 0; i < SetAt(s).images.size(); ++i) {
        const PictureOfSet picture{.set = s, .image = i};
        if (IsFile(At(picture).image_path)) {
          pictures.push_back(picture);
        } else {
          const fs::path& path = At(picture).image_path;
          Add(DataFault::kMissingPicture,
              picture,
              path.empty() ? "no picture was found for it"
                           : fmt::format("expected at {}", path.string()),
              {});
        }
      }
    }
    std::vector<PictureOfSet> printed;
    std::vector<PicturePrint> prints;
    std::size_t done = 0;
    {
      Stage stage(monitor_, "looking at pictures", "pictures", pictures.size());
      ForEachInOrder<SeenPicture>(
          pictures.size(),
          options_.workers,
          monitor_.stop_asked,
          [&](std::size_t i) { return Look(At(pictures[i]).image_path, options_); },
          [&](std::size_t i, SeenPicture seen) {
            if (!seen.error.empty()) {
              Add(DataFault::kUnreadablePicture, pictures[i], std::move(seen.error), {});
            } else if (seen.print) {
              printed.push_back(pictures[i]);
              prints.push_back(*seen.print);
            }
            ++done;
            stage.Advance();
          });
    }
    FindCopies(printed, prints);
    return done == pictures.size();
  }

  void FindCopies(const std::vector<PictureOfSet>& pictures,
                  const std::vector<PicturePrint>& prints) {
    const std::vector<std::size_t> groups = GroupSamePrints(prints);
    // The first picture of each group in each set that has one, by the group.
    std::map<std::size_t, std::map<std::size_t, PictureOfSet>> firsts;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      std::map<std::size_t, PictureOfSet>& of_sets = firsts[groups[i]];
      const PictureOfSet& picture = pictures[i];
      const auto [own, is_first] = of_sets.try_emplace(picture.set, picture);
      if (!is_first) AddCopy(DataFault::kRepeatedPicture, picture, own->second);
      if (of_sets.begin()->first < picture.set) {
        AddCopy(DataFault::kSharedPicture, picture, of_sets.begin()->second);
      }
    }
  }

  void AddCopy(DataFault fault, const PictureOfSet& picture, const PictureOfSet& twin) {
    const std::string how = HaveOneContent(At(picture).image_path, At(twin).image_path)
                                ? "the same file"
                                : "the same picture, encoded anew or scaled";
    const std::string& set = check_.sets[picture.set].name;
    const std::string& other = check_.sets[twin.set].name;
    check_.findings.push_back(
        {.fault = fault,
         .set = picture.set == twin.set ? set : other + ", " + set,
         .where = At(picture).id,
         .what = fmt::format(
             "{} as {}{}", how, At(twin).id, picture.set == twin.set ? "" : " of " + other),
         .picture = picture,
         .twin = twin});
  }

  const CheckDataOptions& options_;
  const Monitor& monitor_;
  DataCheck check_;
  std::set<std::pair<std::size_t, std::size_t>> other_size_;  // (set, image)
};

}  // namespace

void CheckDataOptions::Validate() const {
  constexpr int kMostWorkers = 4096;
  suspicion.Validate();
  RequireInRange("workers", workers, 1, kMostWorkers);
}

std::size_t CheckedClass::Objects() const {
  std::size_t sum = 0;
  for (const ClassInSet& set : sets) sum += set.objects;
  return sum;
}

std::size_t CheckedClass::Pictures() const {
  std::size_t sum = 0;
  for (const ClassInSet& set : sets) sum += set.pictures;
  return sum;
}

std::size_t DataCheck::Count(DataFault fault) const {
  return static_cast<std::size_t>(std::ranges::count(findings, fault, &DataFinding::fault));
}

std::vector<std::string> TakeOutUnions(std::vector<CheckedSet>& sets) {
  // Sets in folders of their own may use an id for different pictures.
  std::vector<std::set<std::string>> pictures(sets.size());
  for (std::size_t s = 0; s < sets.size(); ++s) {
    for (const AnnotatedImage& image : sets[s].read.dataset.images) {
      pictures[s].insert(image.image_path.empty() ? image.id : image.image_path.string());
    }
  }
  std::vector<std::string> taken;
  const auto is_union = [&](std::size_t s) {
    std::set<std::string> parts;
    for (std::size_t other = 0; other < sets.size(); ++other) {
      const bool is_part = pictures[other].size() < pictures[s].size() &&
                           std::ranges::includes(pictures[s], pictures[other]);
      if (is_part) parts.insert(pictures[other].begin(), pictures[other].end());
    }
    return !parts.empty() && parts == pictures[s];
  };
  std::vector<CheckedSet> kept;
  for (std::size_t s = 0; s < sets.size(); ++s) {
    if (is_union(s)) {
      taken.push_back(sets[s].name);
    } else {
      kept.push_back(std::move(sets[s]));
    }
  }
  sets = std::move(kept);
  return taken;
}

DataCheck CheckData(std::vector<CheckedSet> sets,
                    const CheckDataOptions& options,
                    const Monitor& monitor) {
  options.Validate();
  return Checker(std::move(sets), options, monitor).Run();
}

}  // namespace deeper
