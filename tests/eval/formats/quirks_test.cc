// Every reader against all that other programs do to its format: data sets of random objects are
// written with random quirks, and the same objects are read back without a warning.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/files/file.h"
#include "core/random.h"
#include "core/text/float_text.h"
#include "eval/formats/coco.h"
#include "eval/formats/csv.h"
#include "eval/formats/cvat.h"
#include "eval/formats/ilsvrc.h"
#include "eval/formats/label_studio.h"
#include "eval/formats/lines/annotation_lines.h"
#include "eval/formats/voc.h"
#include "eval/formats/yolo.h"
#include "tests/eval/formats/text_quirks.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace deeper;

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kRounds = 40;

// Writes values in one of the ways that are in use.
class Pen {
 public:
  explicit Pen(std::uint64_t seed) : random_(seed) {}

  std::size_t Below(std::size_t bound) { return random_.Below(bound); }
  bool Sometimes(std::size_t in = 2) { return Below(in) == 0; }
  std::string One(const std::vector<std::string>& of) { return of[Below(of.size())]; }
  template <typename Item>
  void Shuffle(std::vector<Item>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[Below(i)]);
  }

  std::string Flag(bool yes) {
    return yes ? One({"1", "true", "True", "YES", "y", "on", "1.0", "t", " 1 "})
               : One({"0", "false", "False", "No", "n", "off", "0.0", "none", "", " f"});
  }
  std::string Whole(int value) {
    return One({fmt::format("{}", value), fmt::format("{}.0", value), fmt::format("{}e0", value)});
  }
  std::string Number(double value) {
    return One(
        {fmt::format("{}", value), fmt::format("{:.6f}", value), fmt::format("{:.9e}", value)});
  }
  // With blanks around it, as people and XML writers leave them.
  std::string Blanks(const std::string& text) {
    return One({"", "", " ", "\n    ", "\t"}) + text + One({"", "", " ", "\n  "});
  }
  // A JSON value: bare or as a text.
  std::string Json(const std::string& number) {
    return Sometimes(3) ? fmt::format("\"{}\"", number) : number;
  }
  std::string JsonFlag(bool yes) {
    return yes ? One({"1", "true", "1.0", "\"1\"", "\"true\"", "\"yes\""})
               : One({"0", "false", "null", "\"0\"", "\"no\"", "\"\""});
  }
  // Members of a JSON object in any order.
  std::string Object(std::vector<std::string> members) {
    Shuffle(members);
    const std::string blank = One({"", " ", "\n  "});
    return fmt::format("{{{}}}", fmt::join(members, "," + blank));
  }
  // A whole text file.
  std::string File(const std::string& text) {
    switch (Below(6)) {
      case 0:
        return "\xEF\xBB\xBF" + text;
      case 1:
        return test::WithWindowsLines(text);
      case 2:
        return test::Utf16(text, false);
      case 3:
        return test::Utf16(text, true);
      case 4:
        return text + std::string(4, '\0');
      default:
        return text;
    }
  }
  // A whole XML file. Its parser has its own rules for what follows the document.
  std::string XmlFile(const std::string& text) {
    switch (Below(5)) {
      case 0:
        return "\xEF\xBB\xBF" + text;
      case 1:
        return test::WithWindowsLines(text);
      case 2:
        return test::Utf16(text, Sometimes());
      case 3:
        return "<?xml version=\"1.0\"?>\n" + text;
      default:
        return text;
    }
  }

 private:
  Random random_;
};

const std::vector<std::string> kNames = {
    "cat", "hot dog", "K\u00E4tzchen", "\u732B", "car, parked"};

// Pictures with objects on quarters of pixels, which floats and decimals hold exactly.
LabelledSet RandomSet(Pen& pen, const std::vector<std::string>& ids) {
  LabelledSet set{.classes = ClassTableOf(kNames), .images = {}};
  for (const std::string& id : ids) {
    LabelledImage& image = set.images.emplace_back();
    image.id = id;
    image.width = static_cast<int>(100 + pen.Below(900));
    image.height = static_cast<int>(100 + pen.Below(900));
    for (std::size_t n = pen.Below(4); n > 0; --n) {
      Label& label = image.labels.emplace_back();
      const auto quarter = [&](std::size_t below) {
        return static_cast<float>(pen.Below(4 * below)) / 4;
      };
      const float x0 = quarter(static_cast<std::size_t>(image.width) - 50);
      const float y0 = quarter(static_cast<std::size_t>(image.height) - 50);
      label.box = {.x0 = x0, .y0 = y0, .x1 = x0 + 1 + quarter(49), .y1 = y0 + 1 + quarter(49)};
      label.class_id = ClassAt(pen.Below(kNames.size()));
      label.difficult = pen.Sometimes();
      label.truncated = pen.Sometimes();
      label.crowd = pen.Sometimes();
    }
  }
  return set;
}

// What of labels a format has no place for.
struct Held {
  bool flags = true;
  bool crowd = true;
  float tolerance = 0;  // of a box's sides, in pixels
};

void CheckRead(const LabelledSet& read,
               const std::vector<Warning>& warnings,
               const LabelledSet& written,
               const Held& held) {
  std::string reasons;
  for (const Warning& warning : warnings) reasons += warning.where + ": " + warning.reason + "\n";
  CHECK(reasons == "");
  std::map<std::string, const LabelledImage*> by_id;
  for (const LabelledImage& image : read.images) by_id[image.id] = &image;
  CHECK(read.images.size() == written.images.size());
  for (const LabelledImage& image : written.images) {
    CAPTURE(image.id);
    REQUIRE(by_id.contains(image.id));
    const LabelledImage& got = *by_id[image.id];
    CHECK(got.width == image.width);
    CHECK(got.height == image.height);
    REQUIRE(got.labels.size() == image.labels.size());
    for (std::size_t i = 0; i < image.labels.size(); ++i) {
      const Label& expected = image.labels[i];
      const Label& label = got.labels[i];
      CHECK(read.classes.Name(label.class_id) == written.classes.Name(expected.class_id));
      for (float Box::*side : {&Box::x0, &Box::y0, &Box::x1, &Box::y1}) {
        CHECK(std::abs(label.box.*side - expected.box.*side) <= held.tolerance);
      }
      CHECK(label.difficult == (held.flags && expected.difficult));
      CHECK(label.truncated == (held.flags && expected.truncated));
      CHECK(label.crowd == (held.crowd && expected.crowd));
      CHECK_FALSE(label.score);
    }
  }
}

// Runs `round` with many pens; what fails names the seed.
void ForManyPens(const std::function<void(Pen&, const test::TemporaryDirectory&)>& round) {
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    CAPTURE(seed);
    Pen pen(seed);
    const test::TemporaryDirectory directory;
    round(pen, directory);
  }
}

// A picture's file name as a program may write it.
std::string FileName(Pen& pen, const std::string& id) {
  std::string name = pen.One({"", "./"}) + id + pen.One({".jpg", ".JPG", ".jpeg", ".png"});
  if (pen.Sometimes()) std::ranges::replace(name, '/', '\\');
  return name;
}

// --- VOC and ILSVRC

std::string VocObject(Pen& pen, const Label& label, const std::string& name) {
  std::vector<std::string> sides = {
      fmt::format("<xmin>{}</xmin>", pen.Blanks(pen.Number(double{label.box.x0} + 1))),
      fmt::format("<ymin>{}</ymin>", pen.Blanks(pen.Number(double{label.box.y0} + 1))),
      fmt::format("<xmax>{}</xmax>", pen.Blanks(pen.Number(double{label.box.x1}))),
      fmt::format("<ymax>{}</ymax>", pen.Blanks(pen.Number(double{label.box.y1})))};
  pen.Shuffle(sides);
  std::vector<std::string> parts = {fmt::format("<name>{}</name>", pen.Blanks(name)),
                                    fmt::format("<bndbox>\n{}</bndbox>", fmt::join(sides, "\n"))};
  const auto flag = [&](const char* tag, bool yes) {
    if (yes || pen.Sometimes()) {
      parts.push_back(fmt::format("<{0}>{1}</{0}>", tag, pen.Blanks(pen.Flag(yes))));
    }
  };
  flag("difficult", label.difficult);
  flag("truncated", label.truncated);
  if (pen.Sometimes()) parts.emplace_back("<pose>Unspecified</pose>");
  if (pen.Sometimes(4)) {
    parts.emplace_back(
        "<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax>"
        "</bndbox></part>");
  }
  pen.Shuffle(parts);
  return fmt::format("<object>\n{}\n</object>\n", fmt::join(parts, "\n"));
}

// Also forgets the size of some pictures.
std::string VocXml(Pen& pen, LabelledImage& image, const ClassTable& classes) {
  std::vector<std::string> parts = {fmt::format("<filename>{}</filename>", FileName(pen, image.id)),
                                    "<folder>VOC</folder>"};
  if (pen.Sometimes(3)) {
    image.width = image.height = 0;
    if (pen.Sometimes()) parts.emplace_back("<size><width></width><height>0</height></size>");
  } else {
    parts.push_back(fmt::format("<size><width>{}</width><height>{}</height><depth>3</depth></size>",
                                pen.Blanks(pen.Whole(image.width)),
                                pen.Whole(image.height)));
  }
  pen.Shuffle(parts);
  std::string objects;
  for (const Label& label : image.labels) {
    objects += VocObject(pen, label, classes.Name(label.class_id));
  }
  parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(pen.Below(parts.size() + 1)), objects);
  return pen.XmlFile(fmt::format("<annotation>\n{}</annotation>\n", fmt::join(parts, "\n")));
}

std::string VocListLine(Pen& pen, const std::string& id) {
  std::string line = id + pen.One({"", "", ".jpg", ".xml"});
  if (pen.Sometimes(4)) line = "\"" + line + "\"";
  return line + pen.One({"", "", " 1", "  -1", " "}) + "\n" + pen.One({"", "", "\n"});
}

// --- JSON

std::string CocoBox(Pen& pen, const Box& box) {
  return fmt::format("\"bbox\": [{}, {}, {}, {}]",
                     pen.Json(pen.Number(double{box.x0})),
                     pen.Json(pen.Number(double{box.y0})),
                     pen.Json(pen.Number(double{box.x1} - double{box.x0})),
                     pen.Json(pen.Number(double{box.y1} - double{box.y0})));
}

// An id as a number, a float or a text; the same one in several ways.
std::string CocoId(Pen& pen, std::size_t number, bool is_word) {
  if (is_word) return fmt::format("\"id-{}\"", number);
  return pen.Json(pen.Whole(static_cast<int>(number)));
}

}  // namespace

TEST_CASE("VOC is read with all that other programs write into it") {
  ForManyPens([](Pen& pen, const test::TemporaryDirectory& root) {
    LabelledSet written = RandomSet(pen, {"000012", "IMG 3", "sub/b.v2", "\u00FCbung"});
    const bool has_lists = pen.Sometimes();
    const fs::path annotations = has_lists ? root / "Annotations" : root.path();
    std::string list;
    for (LabelledImage& image : written.images) {
      WriteFileWhole(annotations / (image.id + pen.One({".xml", ".xml", ".XML"})),
                     VocXml(pen, image, written.classes));
      list += VocListLine(pen, image.id);
    }
    if (has_lists) {
      WriteFileWhole(root / pen.One({"ImageSets/Main", "ImageSets"}) / "train.txt", pen.File(list));
    }
    const ReadDataset read =
        ReadVocDataset(root.path(), has_lists && pen.Sometimes() ? "train" : "");
    CheckRead(LabelsOf(read.dataset), read.warnings, written, {.crowd = false});
  });
}

TEST_CASE("ILSVRC is read with all that other programs write into it") {
  ForManyPens([](Pen& pen, const test::TemporaryDirectory& root) {
    LabelledSet written = RandomSet(pen, {"val_1", "val_2", "val_3"});
    ClassTable ids;
    std::string classes;
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      const std::string wordnet_id = fmt::format("n{:08}", 100 + i);
      ids.classes.push_back({.name = wordnet_id, .wordnet_id = {}});
      classes += fmt::format("{}{}{} {}{}\n",
                             wordnet_id,
                             pen.One({" ", "\t", "  "}),
                             pen.Whole(static_cast<int>(i) + 1),
                             kNames[i],
                             pen.One({"", "  "}));
    }
    std::string list;
    for (std::size_t i = 0; i < written.images.size(); ++i) {
      LabelledImage& image = written.images[i];
      WriteFileWhole(root / "xml" / (image.id + ".xml"), VocXml(pen, image, ids));
      list += fmt::format("{}{}{}\n", image.id, pen.One({" ", "\t"}), i + 1);
    }
    WriteFileWhole(root / "classes.txt", pen.File(classes));
    WriteFileWhole(root / "list.txt", pen.File(list));
    const ReadDataset read = ReadIlsvrcDataset({.image_list = root / "list.txt",
                                                .annotations = root / "xml",
                                                .class_list = root / "classes.txt",
                                                .blacklist = {}});
    CheckRead(LabelsOf(read.dataset), read.warnings, written, {.crowd = false});
  });
}

TEST_CASE("YOLO is read with all that other programs write into it") {
  ForManyPens([](Pen& pen, const test::TemporaryDirectory& root) {
    const LabelledSet written = RandomSet(pen, {"a", "b c", "sub/\u00FC", "d.jpg.rf.0a1b"});
    const bool has_keypoints = pen.Sometimes(4);
    std::string names;
    std::string yaml = "# written by hand\n";
    if (has_keypoints) yaml += "kpt_shape: [2, 2]\n";
    if (pen.Sometimes()) {
      yaml += "names:\n";
      for (std::size_t i = 0; i < kNames.size(); ++i) {
        yaml += fmt::format("  {}: '{}'\n", i, kNames[i]);
      }
    } else {
      yaml += fmt::format("nc: {}\nnames: [\"{}\"]\n", kNames.size(), fmt::join(kNames, "\", \""));
    }
    for (const std::string& name : kNames) names += name + pen.One({"\n", " \n", "\n\n"});
    if (has_keypoints || pen.Sometimes()) {
      WriteFileWhole(root / pen.One({"data.yaml", "coco.yml", "labels/data.yaml"}), pen.File(yaml));
    } else {
      WriteFileWhole(root / pen.One({"labels/classes.txt", "classes.txt", "obj.names"}),
                     pen.File(names));
    }
    for (const LabelledImage& image : written.images) {
      std::string text;
      for (const Label& label : image.labels) {
        const auto x = [&](double value) { return pen.Number(value / image.width); };
        const auto y = [&](double value) { return pen.Number(value / image.height); };
        const double x0 = label.box.x0;
        const double y0 = label.box.y0;
        const double x1 = label.box.x1;
        const double y1 = label.box.y1;
        text += pen.Whole(static_cast<int>(IndexOf(label.class_id)));
        if (!has_keypoints && pen.Sometimes(3)) {  // a polygon that touches each side
          const double middle = (x0 + x1) / 2;
          text += fmt::format(" {} {} {} {} {} {} {} {}",
                              x(middle),
                              y(y0),
                              x(x1),
                              y((y0 + y1) / 2),
                              x(middle),
                              y(y1),
                              x(x0),
                              y(y0));
        } else {
          text += fmt::format("{}{} {}  {} {}",
                              pen.One({" ", "\t"}),
                              x((x0 + x1) / 2),
                              y((y0 + y1) / 2),
                              x(x1 - x0),
                              y(y1 - y0));
          if (has_keypoints) text += " 0.1 0.2 0.3 0.4";
        }
        text += pen.One({"\n", " \n", "\n\n"});
      }
      if (pen.Sometimes() && text.ends_with('\n')) text.pop_back();
      WriteFileWhole(root / "labels" / (image.id + ".txt"), pen.File(text));
    }
    if (pen.Sometimes()) {
      WriteFileWhole(root / "labels/.cache/x.txt", std::string_view("1 2 3\n"));
      WriteFileWhole(root / "labels/train.txt", std::string_view("images/a.jpg\n"));
    }
    YoloOptions options;
    options.size_of = [&](const std::string& id) -> std::optional<std::pair<int, int>> {
      for (const LabelledImage& image : written.images) {
        if (image.id == id) return std::pair(image.width, image.height);
      }
      return std::nullopt;
    };
    const ReadLabels read = ReadYolo(pen.Sometimes() ? root.path() : root / "labels", options);
    // Six decimals of a picture's side.
    CheckRead(
        read.labels, read.warnings, written, {.flags = false, .crowd = false, .tolerance = 2e-3F});
  });
}

TEST_CASE("COCO is read with all that other programs write into it") {
  ForManyPens([](Pen& pen, const test::TemporaryDirectory& root) {
    LabelledSet written = RandomSet(pen, {"a", "b c", "sub/\u00FC", "0007"});
    const bool has_words = pen.Sometimes(4);
    std::vector<std::string> images;
    std::vector<std::string> annotations;
    std::vector<std::string> categories;
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      categories.push_back(pen.Object({"\"id\": " + CocoId(pen, 3 * i + 1, has_words),
                                       fmt::format("\"name\": \" {}\"", kNames[i]),
                                       "\"supercategory\": \"none\""}));
    }
    for (std::size_t i = 0; i < written.images.size(); ++i) {
      LabelledImage& image = written.images[i];
      std::string name = FileName(pen, image.id);
      for (std::size_t at = 0; (at = name.find('\\', at)) != std::string::npos; at += 2) {
        name.insert(at, 1, '\\');
      }
      std::vector<std::string> members = {"\"id\": " + CocoId(pen, 1000 - i, has_words),
                                          fmt::format("\"file_name\": \"{}\"", name),
                                          "\"license\": null"};
      if (pen.Sometimes(4)) {
        image.width = image.height = 0;
        if (pen.Sometimes()) members.emplace_back("\"width\": null");
      } else {
        members.push_back("\"width\": " + pen.Json(pen.Whole(image.width)));
        members.push_back("\"height\": " + pen.Json(pen.Whole(image.height)));
      }
      images.push_back(pen.Object(members));
      for (const Label& label : image.labels) {
        std::vector<std::string> record = {
            "\"image_id\": " + CocoId(pen, 1000 - i, has_words),
            "\"category_id\": " + CocoId(pen, 3 * IndexOf(label.class_id) + 1, has_words),
            CocoBox(pen, label.box),
            "\"iscrowd\": " + pen.JsonFlag(label.crowd),
            fmt::format("\"id\": {}", annotations.size())};
        if (label.difficult || pen.Sometimes()) {
          record.push_back("\"difficult\": " + pen.JsonFlag(label.difficult));
        }
        if (label.truncated) record.push_back("\"truncated\": " + pen.JsonFlag(true));
        if (pen.Sometimes()) record.emplace_back("\"area\": " + pen.One({"NaN", "12.5", "null"}));
        if (pen.Sometimes()) record.emplace_back("\"segmentation\": [[1, 2, 3, 4, 5, 6]]");
        annotations.push_back(pen.Object(record));
      }
    }
    pen.Shuffle(categories);
    pen.Shuffle(images);
    const std::string text =
        pen.Object({fmt::format("\"images\": [{}]", fmt::join(images, ",\n")),
                    fmt::format("\"annotations\": [{}]", fmt::join(annotations, ",\n")),
                    fmt::format("\"categories\": [{}]", fmt::join(categories, ",\n")),
                    "\"info\": {\"year\": 2024, \"images\": [1]}",
                    "\"licenses\": [{\"id\": 1}]"});
    WriteFileWhole(root / "coco.json", pen.File(text));
    const CocoDataset read = ReadCocoDataset(root / "coco.json");
    CheckRead(LabelsOf(read.read.dataset), read.read.warnings, written, {});
  });
}

TEST_CASE("CSV is read with all that other programs write into it") {
  ForManyPens([](Pen& pen, const test::TemporaryDirectory& root) {
    const LabelledSet written = RandomSet(pen, {"a", "b, c", "sub/\u00FC", "say \"x\""});
    const std::string separator = pen.One({",", ";", "\t"});
    struct Column {
      std::string name;
      std::function<std::string(const LabelledImage&, const Label*)> value;
    };
    const auto field = [&](const std::string& text) {
      const bool needs = text.find_first_of("\"\r\n,;\t") != std::string::npos;
      if (!needs && !pen.Sometimes(4)) return text;
      std::string quoted = "\"";
      for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
      return quoted + "\"";
    };
    std::map<std::string, std::string> names;  // as this file writes them
    for (const LabelledImage& image : written.images) names[image.id] = FileName(pen, image.id);
    const auto side = [&](float Box::*member) {
      return [&pen, member](const LabelledImage&, const Label* label) {
        return label == nullptr ? std::string() : pen.Number(double{label->box.*member});
      };
    };
    const bool has_x2 = pen.Sometimes(3);
    const auto flag = [&](bool Label::*member) {
      return [&pen, member](const LabelledImage&, const Label* label) {
        return label == nullptr ? std::string() : pen.Flag(label->*member);
      };
    };
    std::vector<Column> columns = {
        {pen.One({"image", "filename", "file_name", "Image_Path"}),
         [&](const LabelledImage& image, const Label*) { return names[image.id]; }},
        {pen.One({"class", "label", "name", "Category"}),
         [&](const LabelledImage&, const Label* label) {
           return label == nullptr ? std::string() : " " + written.classes.Name(label->class_id);
         }},
        {"width", [&](const LabelledImage& image, const Label*) { return pen.Whole(image.width); }},
        {"Height",
         [&](const LabelledImage& image, const Label*) { return pen.Whole(image.height); }},
        {has_x2 ? "x1" : pen.One({"x0", "xmin"}), side(&Box::x0)},
        {has_x2 ? "y1" : pen.One({"y0", "YMin"}), side(&Box::y0)},
        {has_x2 ? "x2" : pen.One({"x1", "xmax"}), side(&Box::x1)},
        {has_x2 ? "y2" : pen.One({"y1", "ymax"}), side(&Box::y1)},
        {"difficult", flag(&Label::difficult)},
        {"truncated", flag(&Label::truncated)},
        {pen.One({"crowd", "iscrowd"}), flag(&Label::crowd)},
        {"remark", [](const LabelledImage&, const Label*) { return std::string("a;b,c"); }}};
    pen.Shuffle(columns);
    std::string text = pen.Sometimes(4) ? "sep=" + separator + "\n" : "";
    const auto add_line = [&](const auto& value_of) {
      std::vector<std::string> fields;
      for (const Column& column : columns) fields.push_back(value_of(column));
      text += fmt::format("{}\n", fmt::join(fields, separator));
    };
    add_line([&](const Column& column) { return field(column.name); });
    for (const LabelledImage& image : written.images) {
      if (image.labels.empty()) {
        add_line([&](const Column& column) { return field(column.value(image, nullptr)); });
      }
      for (const Label& label : image.labels) {
        add_line([&](const Column& column) { return field(column.value(image, &label)); });
      }
      if (pen.Sometimes()) text += "\n";
    }
    WriteFileWhole(root / "boxes.csv", pen.File(text));
    const ReadLabels read = ReadCsv(root / "boxes.csv");
    CheckRead(read.labels, read.warnings, written, {});
  });
}

TEST_CASE("JSON lines are read with all that other programs write into them") {
  ForManyPens([](Pen& pen, const test::TemporaryDirectory& root) {
    LabelledSet written = RandomSet(pen, {"a", "b c", "sub/\u00FC", "12"});
    std::string text;
    for (LabelledImage& image : written.images) {
      std::vector<std::string> objects;
      for (const Label& label : image.labels) {
        objects.push_back(
            pen.Object({fmt::format("\"class\": \"{}\"", written.classes.Name(label.class_id)),
                        fmt::format("\"box\": [{}, {}, {}, {}]",
                                    pen.Json(pen.Number(double{label.box.x0})),
                                    pen.Json(pen.Number(double{label.box.y0})),
                                    pen.Json(pen.Number(double{label.box.x1})),
                                    pen.Json(pen.Number(double{label.box.y1}))),
                        "\"difficult\": " + pen.JsonFlag(label.difficult),
                        "\"truncated\": " + pen.JsonFlag(label.truncated),
                        "\"crowd\": " + pen.JsonFlag(label.crowd),
                        "\"by\": {\"who\": [1, null]}"}));
      }
      std::string name = FileName(pen, image.id);
      std::ranges::replace(name, '\\', '/');
      std::vector<std::string> members = {
          image.id == "12" ? "\"image\": 12" : fmt::format("\"image\": \"{}\"", name),
          fmt::format("\"annotations\": [{}]", fmt::join(objects, ", "))};
      if (pen.Sometimes(4)) {
        image.width = image.height = 0;
      } else {
        members.push_back("\"width\": " + pen.Json(pen.Whole(image.width)));
        members.push_back("\"height\": " + pen.Json(pen.Whole(image.height)));
      }
      std::string line = pen.Object(members);
      std::ranges::replace(line, '\n', ' ');
      text += line + pen.One({"\n", " \n", "\n\n"});
    }
    WriteFileWhole(root / "a.jsonl", pen.File(text));
    const ReadLabels read = ReadAnnotationLines(root / "a.jsonl");
    CheckRead(read.labels, read.warnings, written, {});
  });
}

TEST_CASE("Label Studio is read with all that its versions and exports write") {
  ForManyPens([](Pen& pen, const test::TemporaryDirectory& root) {
    LabelledSet written = RandomSet(pen, {"a", "b c", "0a1b-d", "e"});
    const bool is_reduced = pen.Sometimes(3);
    std::vector<std::string> tasks;
    for (LabelledImage& image : written.images) {
      if (image.labels.empty()) image.width = image.height = 0;  // sizes stand in regions alone
      const bool has_size = pen.Sometimes();
      std::vector<std::string> results;
      for (const Label& label : image.labels) {
        const auto percent = [&](float value, int whole) {
          return pen.Json(pen.Number(double{value} * 100 / whole));
        };
        const std::string name = written.classes.Name(label.class_id);
        std::string size;
        if (has_size) {
          size = fmt::format("\"original_width\": {}, \"original_height\": {}",
                             pen.Json(pen.Whole(image.width)),
                             pen.Json(pen.Whole(image.height)));
        }
        std::vector<std::string> remarks;
        if (label.difficult) remarks.emplace_back("\"difficult\"");
        if (label.truncated) remarks.emplace_back("\"truncated\"");
        if (label.crowd) remarks.emplace_back("\"crowd\"");
        std::string meta;
        if (!remarks.empty()) {
          meta = fmt::format("\"meta\": {{\"text\": [{}]}}", fmt::join(remarks, ", "));
        }
        std::vector<std::string> value = {
            "\"x\": " + percent(label.box.x0, image.width),
            "\"y\": " + percent(label.box.y0, image.height),
            "\"width\": " + percent(label.box.Width(), image.width),
            "\"height\": " + percent(label.box.Height(), image.height)};
        if (pen.Sometimes()) value.push_back("\"rotation\": " + pen.One({"0", "0.0", "\"0\""}));
        const std::string region = fmt::format("\"id\": \"r{}\"", results.size());
        const auto add = [](std::vector<std::string> to, const std::string& member) {
          if (!member.empty()) to.push_back(member);
          return to;
        };
        if (is_reduced) {
          value.push_back(fmt::format("\"rectanglelabels\": [\"{}\"]", name));
          results.push_back(pen.Object(add(add(value, size), meta)));
        } else if (pen.Sometimes()) {
          value.push_back(fmt::format("\"rectanglelabels\": [\"{}\"]", name));
          results.push_back(pen.Object(add(add({"\"type\": \"rectanglelabels\"",
                                                "\"from_name\": \"label\"",
                                                "\"value\": " + pen.Object(value)},
                                               size),
                                           meta)));
        } else {  // a rectangle, and what it is in a result of its own
          results.push_back(pen.Object(
              add(add({"\"type\": \"rectangle\"", region, "\"value\": " + pen.Object(value)}, size),
                  meta)));
          const std::string key = pen.One({"labels", "choices"});
          results.push_back(
              pen.Object({fmt::format("\"type\": \"{}\"", key),
                          region,
                          fmt::format("\"value\": {{\"{}\": [\"{}\"]}}", key, name)}));
        }
      }
      std::string file = image.id + ".jpg";
      if (pen.Sometimes()) {
        std::string coded;
        for (const char c : file) coded += c == ' ' ? "%20" : std::string(1, c);
        file =
            pen.One(
                {"/data/upload/1/", "https://host/x/", "s3://bucket/", "/data/local-files/?d="}) +
            coded;
      }
      const std::string list = fmt::format("[{}]", fmt::join(results, ", "));
      if (is_reduced) {
        tasks.push_back(pen.Object({fmt::format("\"image\": \"{}\"", file),
                                    "\"label\": " + list,
                                    "\"annotator\": 1",
                                    "\"id\": 7"}));
        continue;
      }
      std::vector<std::string> data = {
          fmt::format("\"{}\": \"{}\"", pen.One({"image", "img", "photo"}), file)};
      if (pen.Sometimes()) data.emplace_back("\"site\": \"north\"");
      const std::string cancelled =
          pen.Sometimes(3) ? "{\"was_cancelled\": true, \"result\": [{\"type\": \"x\"}]}, " : "";
      tasks.push_back(pen.Object(
          {"\"id\": 7",
           "\"data\": " + pen.Object(data),
           fmt::format("\"{}\": [{}{{\"was_cancelled\": {}, \"result\": {}}}, {{\"result\": []}}]",
                       pen.One({"annotations", "completions"}),
                       cancelled,
                       pen.JsonFlag(false),
                       list),
           "\"predictions\": []"}));
    }
    WriteFileWhole(root / "tasks.json", pen.File(fmt::format("[{}]", fmt::join(tasks, ",\n"))));
    const ReadLabels read =
        ReadLabelStudio(root / "tasks.json",
                        LabelKind::kObjects,
                        [&](const std::string& name) -> std::optional<std::pair<int, int>> {
                          for (const LabelledImage& image : written.images) {
                            if (name.ends_with(image.id + ".jpg"))
                              return std::pair(image.width, image.height);
                          }
                          return std::nullopt;
                        });
    CheckRead(read.labels, read.warnings, written, {.tolerance = 2e-3F});
  });
}

TEST_CASE("CVAT is read with all that its versions write") {
  ForManyPens([](Pen& pen, const test::TemporaryDirectory& root) {
    LabelledSet written = RandomSet(pen, {"a", "b c", "sub/\u00FC", "d"});
    std::string images;
    for (LabelledImage& image : written.images) {
      std::vector<std::string> attributes = {fmt::format("name=\"{}\"", FileName(pen, image.id)),
                                             "id=\"3\""};
      if (pen.Sometimes(4)) {
        image.width = image.height = 0;
      } else {
        attributes.push_back(fmt::format("width=\"{}\"", pen.Whole(image.width)));
        attributes.push_back(fmt::format("height=\"{}\"", pen.Whole(image.height)));
      }
      pen.Shuffle(attributes);
      images += fmt::format("<image {}>\n", fmt::join(attributes, " "));
      if (pen.Sometimes(3)) images += "<tag label=\"night\" source=\"manual\"></tag>";
      for (const Label& label : image.labels) {
        std::vector<std::string> sides = {
            fmt::format("label=\"{}\"", pen.One({"", " "}) + written.classes.Name(label.class_id)),
            fmt::format("xtl=\"{}\"", pen.Number(double{label.box.x0})),
            fmt::format("ytl=\"{}\"", pen.Number(double{label.box.y0})),
            fmt::format("xbr=\"{}\"", pen.Number(double{label.box.x1})),
            fmt::format("ybr=\"{}\"", pen.Number(double{label.box.y1})),
            "occluded=\"1\"",
            "z_order=\"0\""};
        if (pen.Sometimes()) sides.push_back("rotation=\"" + pen.One({"0", "0.0", ""}) + "\"");
        pen.Shuffle(sides);
        images += fmt::format("<box {}>", fmt::join(sides, " "));
        images += fmt::format("<attribute name=\"difficult\">{}</attribute>\n",
                              pen.Flag(label.difficult));
        if (label.truncated || pen.Sometimes()) {
          images += fmt::format("<attribute name=\"truncated\">{}</attribute>",
                                pen.Flag(label.truncated));
        }
        images += "<attribute name=\"colour\">red</attribute></box>\n";
      }
      images += "</image>\n";
    }
    const std::string meta =
        pen.Sometimes() ? "<version>1.1</version><meta><task><id>1</id></task></meta>" : "";
    WriteFileWhole(root / "cvat.xml",
                   pen.XmlFile(fmt::format("<annotations>{}\n{}</annotations>\n", meta, images)));
    const ReadLabels read = ReadCvat(root / "cvat.xml");
    CheckRead(read.labels, read.warnings, written, {.crowd = false});
  });
}
