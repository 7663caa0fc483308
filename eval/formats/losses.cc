#include "eval/formats/losses.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace deeper {
namespace {

template <typename Predicate>
std::size_t CountLabels(const LabelledSet& labels, const Predicate& predicate) {
  std::size_t count = 0;
  for (const LabelledImage& image : labels.images) {
    count += static_cast<std::size_t>(std::ranges::count_if(image.labels, predicate));
  }
  return count;
}

template <typename Predicate>
std::size_t CountImages(const LabelledSet& labels, const Predicate& predicate) {
  return static_cast<std::size_t>(std::ranges::count_if(labels.images, predicate));
}

std::size_t Difficult(const LabelledSet& labels) {
  return CountLabels(labels, [](const Label& label) { return label.difficult; });
}

std::size_t Truncated(const LabelledSet& labels) {
  return CountLabels(labels, [](const Label& label) { return label.truncated; });
}

std::size_t Crowds(const LabelledSet& labels) {
  return CountLabels(labels, [](const Label& label) { return label.crowd; });
}

std::size_t Areas(const LabelledSet& labels) {
  return CountLabels(labels, [](const Label& label) { return label.area_px.has_value(); });
}

std::size_t FileNames(const LabelledSet& labels) {
  return CountImages(labels, [](const LabelledImage& image) { return !image.file_name.empty(); });
}

std::size_t Sizes(const LabelledSet& labels) {
  return CountImages(labels, [](const LabelledImage& image) { return image.width > 0; });
}

std::size_t EmptyPictures(const LabelledSet& labels) {
  return CountImages(labels, [](const LabelledImage& image) { return image.labels.empty(); });
}

std::size_t EmptyClasses(const LabelledSet& labels) {
  std::set<ClassId> used;
  for (const LabelledImage& image : labels.images) {
    for (const Label& label : image.labels) used.insert(label.class_id);
  }
  return labels.classes.Size() - used.size();
}

Holds HoldsOf(const HeldThing& thing, LabelFormat format, LabelKind kind) {
  const std::vector<Holds>& by_format =
      kind == LabelKind::kObjects ? thing.objects : thing.detections;
  return by_format.at(static_cast<std::size_t>(format));
}

}  // namespace

const std::vector<HeldThing>& HeldThings() {
  constexpr Holds yes = Holds::kYes;
  constexpr Holds own = Holds::kOwnField;
  constexpr Holds no = Holds::kNo;
  // clang-format off
  // True objects are not written as ILSVRC's.
  static const std::vector<HeldThing> things = {
      //                                                                        jsonl coco voc ilsvrc yolo csv labelstudio
      {"difficult", "objects marked difficult", Difficult,                     {yes, own, yes, no, no, yes, own}, {no, own, no, no, no, yes, own}},
      {"truncated", "objects marked truncated", Truncated,                     {yes, own, yes, no, no, yes, own}, {no, own, no, no, no, yes, own}},
      {"crowd", "crowds", Crowds,                                              {yes, yes, no, no, no, yes, own}, {no, yes, no, no, no, yes, own}},
      {"area", "areas of objects other than of their boxes", Areas,            {yes, yes, no, no, no, yes, no}, {no, yes, no, no, no, yes, no}},
      {"file_names", "names of picture files with their endings", FileNames,   {yes, yes, yes, no, no, no, yes}, {yes, yes, no, no, no, no, yes}},
      {"sizes", "sizes of pictures", Sizes,                                    {yes, yes, yes, no, no, yes, yes}, {yes, yes, no, no, no, yes, yes}},
      {"empty_pictures", "pictures without boxes", EmptyPictures,              {yes, yes, yes, no, yes, yes, yes}, {yes, yes, no, no, yes, yes, yes}},
      {"empty_classes", "classes without boxes", EmptyClasses,                 {no, yes, no, no, yes, no, no}, {no, yes, yes, no, yes, no, no}},
  };
  // clang-format on
  return things;
}

bool HoldsEmptyPictures(LabelFormat format, LabelKind kind) {
  const std::vector<HeldThing>& things = HeldThings();
  const auto thing = std::ranges::find(things, &EmptyPictures, &HeldThing::count);
  return HoldsOf(*thing, format, kind) != Holds::kNo;
}

std::vector<Loss> LossesOf(LabelFormat format,
                           LabelKind kind,
                           const LabelledSet& labels,
                           std::size_t outlines) {
  std::vector<Loss> losses;
  for (const HeldThing& thing : HeldThings()) {
    const Holds holds = HoldsOf(thing, format, kind);
    if (holds == Holds::kYes) continue;
    const std::size_t count = thing.count(labels);
    if (count == 0) continue;
    losses.push_back({.name = thing.name, .text = thing.text, .count = count, .holds = holds});
  }
  if (outlines > 0) {
    losses.push_back({.name = "outlines",
                      .text = "outlines of objects, of which the boxes are kept",
                      .count = outlines,
                      .holds = Holds::kNo});
  }
  return losses;
}

std::string LossText(LabelFormat format, const std::vector<Loss>& losses) {
  const auto list = [&](Holds holds) {
    std::vector<std::string> parts;
    for (const Loss& loss : losses) {
      if (loss.holds == holds) parts.push_back(fmt::format("{} {}", loss.count, loss.text));
    }
    return fmt::format("{}", fmt::join(parts, ", "));
  };
  std::string text;
  if (const std::string lost = list(Holds::kNo); !lost.empty()) {
    text += fmt::format("lost, as {} has no place for them: {}\n", NameOf(format), lost);
  }
  if (const std::string own = list(Holds::kOwnField); !own.empty()) {
    text += fmt::format(
        "kept in fields of {} that other programs pass over, and count the objects as any other: "
        "{}\n",
        NameOf(format),
        own);
  }
  const auto changes_evaluations = [](const Loss& loss) {
    return loss.holds == Holds::kNo && (loss.name == "difficult" || loss.name == "crowd");
  };
  if (std::ranges::any_of(losses, changes_evaluations)) {
    text +=
        "an evaluation against what is written counts these difficult objects and crowds as any "
        "other\n";
  }
  return text;
}

}  // namespace deeper
