#include "tools/explain/story_overview.h"

#include <fmt/format.h>

#include "core/text/float_text.h"
#include "tools/explain/story_json.h"
#include "tools/explain/story_words.h"

namespace deeper::tools {

WholeStory StoryOverview(const StoryPicture& picture) {
  StoryJson json = {{"image", picture.id},
                    {"proposals", picture.proposals.size()},
                    {"detections", StoryJson::array()},
                    {"objects", StoryJson::array()}};
  StoryLines lines;
  for (std::size_t i = 0; i < picture.detections.size(); ++i) {
    const Detection& detection = picture.detections[i].detection;
    lines.emplace_back(std::to_string(i + 1),
                       fmt::format("{:<14} {:>6}  {}",
                                   ClassOf(picture, detection),
                                   ScoreText(detection.score),
                                   picture.has_truth ? VerdictText(picture, i)
                                                     : BoxText(BoxInFile(picture, detection.box))));
    json["detections"].push_back({{"number", i + 1},
                                  {"class", ClassOf(picture, detection)},
                                  {"score", detection.score},
                                  {"box", BoxJson(picture, detection.box)},
                                  {"truth", VerdictJson(picture.judgements[i])}});
  }
  for (std::size_t o = 0; o < picture.objects.size(); ++o) {
    const auto finder = FinderOf(picture, o);
    lines.emplace_back(fmt::format("o{}", o + 1),
                       fmt::format("{:<14} {:>6}  {}",
                                   ClassOf(picture, o),
                                   "",
                                   finder ? fmt::format("found by {}", *finder) : "missed"));
    json["objects"].push_back({{"number", o + 1},
                               {"class", ClassOf(picture, o)},
                               {"box", BoxJson(picture, picture.objects[o].box)},
                               {"found_by", finder ? StoryJson(*finder) : StoryJson()}});
  }
  const std::string title = fmt::format("{}: {} detections from {} proposals, {} objects",
                                        picture.id,
                                        picture.detections.size(),
                                        picture.proposals.size(),
                                        picture.objects.size());
  std::string text = StoryText(title, lines);
  text += fmt::format("Choose one: --explain {}:1{}\n",
                      picture.id,
                      picture.objects.empty() ? "" : fmt::format(" or {}:o1", picture.id));
  return {.page = {}, .text = text, .json = LineOf(json)};
}

}  // namespace deeper::tools
