#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/box.h"
#include "core/pictures/read_image.h"
#include "core/work/monitor.h"
#include "eval/formats/reading/read_dataset.h"
#include "eval/inspection/label_counts.h"

namespace deeper {

// What can be wrong with a data set.
enum class DataFault {
  kUnreadablePicture,
  kMissingPicture,      // an annotation without a picture
  kUnannotatedPicture,  // a picture without an annotation
  kOtherSize,           // a picture of another size than annotated
  kEmptyBox,            // swapped sides, or nothing between them
  kOutsideBox,
  kBeyondBox,  // reaches more than a pixel beyond its picture
  kTinyBox,
  kTwiceBox,
  kRepeatedPicture,  // twice in a set
  kSharedPicture,    // in two sets: leakage
  kAlikeNames,       // of classes
  kOther,            // what else its reader left out or had to guess
};
struct DataFaultName {
  DataFault fault;
  std::string_view name;   // "tiny_box"
  std::string_view title;  // for people, of several: "tiny boxes"
};
// In the order of the enumerators.
constexpr std::array<DataFaultName, 13> kDataFaults = {{
    {DataFault::kUnreadablePicture, "unreadable_picture", "pictures that cannot be read"},
    {DataFault::kMissingPicture, "missing_picture", "annotations without a picture"},
    {DataFault::kUnannotatedPicture, "unannotated_picture", "pictures without an annotation"},
    {DataFault::kOtherSize, "other_size", "pictures of another size than annotated"},
    {DataFault::kEmptyBox, "empty_box", "boxes with swapped or equal sides"},
    {DataFault::kOutsideBox, "outside_box", "boxes outside their picture"},
    {DataFault::kBeyondBox, "beyond_box", "boxes that reach beyond their picture"},
    {DataFault::kTinyBox, "tiny_box", "tiny boxes"},
    {DataFault::kTwiceBox, "twice_box", "boxes drawn twice"},
    {DataFault::kRepeatedPicture, "repeated_picture", "pictures that are twice in a set"},
    {DataFault::kSharedPicture, "shared_picture", "pictures that are in two sets"},
    {DataFault::kAlikeNames, "alike_names", "class names that look like one another"},
    {DataFault::kOther, "other", "other things that were left out or guessed"},
}};

// A set of pictures, as it was read. Its pictures have not met their annotations yet.
struct CheckedSet {
  std::string name;  // "train"; "" where there is one alone
  ReadDataset read;
};

// A picture of a set, by positions.
struct PictureOfSet {
  std::size_t set = 0;
  std::size_t image = 0;

  bool operator==(const PictureOfSet&) const = default;
};

struct DataFinding {
  DataFault fault = DataFault::kOther;
  std::string set;    // its name; of two sets "train, test"
  std::string where;  // a picture's id, or a file and the place in it
  std::string what;   // the reason, or what it is like
  std::optional<PictureOfSet> picture = std::nullopt;
  std::optional<PictureOfSet> twin = std::nullopt;  // the earlier of two that are the same
  std::vector<Box> boxes = {};                      // in the picture: those that are meant
};

struct CheckDataOptions {
  SuspicionOptions suspicion = {};
  // Pictures in the folders of the data set's pictures that no set names are without annotation.
  // Where false, they may belong to other sets.
  bool names_every_picture = false;
  // Look at headers alone: what is broken behind them and copies stay unfound.
  bool headers_only = false;
  ReadImageOptions reading = {};
  int workers = 1;  // threads, at least 1

  // Throws OutOfRange naming the field, its value and its bound.
  void Validate() const;
};

// What a class has in a set.
struct ClassInSet {
  std::size_t objects = 0;   // difficult ones not counted
  std::size_t pictures = 0;  // that show one
};
struct CheckedClass {
  std::string name;              // as NamesForPeople (core/class_index.h) has it
  std::vector<ClassInSet> sets;  // one per set

  std::size_t Objects() const;
  std::size_t Pictures() const;
};

// The smallest, the median and the largest of something.
template <typename Value>
struct Spread {
  Value smallest{};
  Value median{};
  Value largest{};
};

struct DataCheck {
  bool finished = false;              // false when it was asked to stop
  std::vector<CheckedSet> sets;       // whose pictures have met their annotations; none is left out
  std::vector<CheckedClass> classes;  // of all sets, by name
  std::vector<DataFinding> findings;  // by fault, then in the order of the sets
  std::size_t turned = 0;  // pictures that were annotated as stored: their boxes were turned
  // Width and height by area; the square root of the area of boxes, in pixels. Nothing without any.
  std::optional<Spread<std::pair<int, int>>> picture_sizes;
  std::optional<Spread<double>> box_sides;

  std::size_t Count(DataFault fault) const;
};

// Takes the sets that are all pictures of some others together, as "trainval" of "train" and "val",
// out of `sets`: comparing those would find each picture in two sets. Returns their names.
std::vector<std::string> TakeOutUnions(std::vector<CheckedSet>& sets);

// Looks a data set over: what its readers found, its boxes, and every picture, which is read once.
// Copies are found by what they look like (eval/inspection/picture_print.h).
DataCheck CheckData(std::vector<CheckedSet> sets,
                    const CheckDataOptions& options,
                    const Monitor& monitor = {});

}  // namespace deeper
