#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "tests/support/catch.h"
#include "tools/explain/detection_story.h"
#include "tools/explain/object_story.h"
#include "tools/explain/story_overview.h"
#include "tools/options/detector_options.h"

namespace deeper::tools {
namespace {

using Json = nlohmann::json;

Box Square(float x0, float side = 20) {
  return {.x0 = x0, .y0 = 10, .x1 = x0 + side, .y1 = 10 + side};
}

// A picture of 200 x 100 with proposals at 0, 5, 60 and 130, of two classes. A cat at 0 is found by
// detection 1; the one at 5 is suppressed; the dog at 60 scores too little.
StoryPicture MakePicture() {
  StoryPicture picture;
  picture.id = "000043";
  picture.image = MakeImage(200, 100, 10, 20, 30);
  for (std::size_t i = 0; i < picture.image.bgr.size(); ++i)
    picture.image.bgr[i] = static_cast<std::uint8_t>(i * i % 251);
  picture.classes = ClassTableOf({"cat", "dog"});
  picture.min_score = -1;
  picture.nms.max_iou = 0.3;
  picture.min_iou = 0.5;
  picture.proposals = {Square(0), Square(5), Square(60), Square(130)};
  picture.models = {{.name = "first", .weight = 1, .scores = {3, -2, 1, -2, -1, -1, 1, -2}},
                    {.name = "second", .weight = 1, .scores = {1, -2, 1, -2, -2, -2.5F, 0, -2}}};
  std::vector<Candidate>& candidates = picture.candidates.emplace_back();
  const auto add = [&](std::size_t region, int class_index, float score, Fate fate) {
    candidates.push_back({.region = region,
                          .detection = {.box = picture.proposals[region],
                                        .class_id = ClassAt(std::size_t(class_index)),
                                        .score = score},
                          .fate = fate});
  };
  add(0, 0, 2, Fate::kKept);
  add(0, 1, -2, Fate::kBelowMinScore);
  add(1, 0, 1, Fate::kSuppressed);
  add(1, 1, -2, Fate::kBelowMinScore);
  add(2, 0, -1.5F, Fate::kBelowMinScore);
  add(2, 1, -1.75F, Fate::kBelowMinScore);
  add(3, 0, 0.5F, Fate::kKept);
  add(3, 1, -2, Fate::kBelowMinScore);
  candidates[2].suppressor = 0;
  candidates[2].suppressor_iou = 0.6;
  for (const std::size_t kept : {0U, 6U}) {
    candidates[kept].given_out = candidates[kept].detection;
    picture.detections.push_back(
        {.detection = candidates[kept].detection, .made_of = {{.list = 0, .position = kept}}});
  }
  picture.has_truth = true;
  picture.object_classes = ClassTableOf({"dog", "cat", "bird"});
  picture.objects = {{.box = Square(0), .class_id = ClassAt(1)},
                     {.box = Square(60), .class_id = ClassAt(0)},
                     {.box = Square(5), .class_id = ClassAt(1)},
                     {.box = Square(160, 30), .class_id = ClassAt(1)},
                     {.box = Square(60), .class_id = ClassAt(2)}};
  picture.judgements = {Judgement{.verdict = Verdict::kTruePositive, .object = 0, .iou = 1},
                        Judgement{.verdict = Verdict::kFalsePositive, .object = {}, .iou = 0}};
  return picture;
}

TEST_CASE("the story of a detection names its proposal, what it suppressed and what it found") {
  const WholeStory story = StoryOfDetection(MakePicture(), 1);
  CHECK(story.text.find("detection 1 of 2, cat 2.00") != std::string::npos);
  CHECK(story.text.find("right: found o1 (cat), IoU 1.00") != std::string::npos);
  CHECK(story.text.find("1 of 4 by Selective Search") != std::string::npos);
  CHECK(story.text.find("1.00 (proposal 2, IoU 0.60)") != std::string::npos);
  CHECK(story.text.find("3.00 by first") != std::string::npos);
  CHECK(story.text.find("1.00 by second") != std::string::npos);
  const Json json = Json::parse(story.json);
  CHECK(json["models"][1]["score"] == 1);
  CHECK(json["proposal"]["rank"] == 1);
  CHECK(json["truth"]["object"] == 1);
  CHECK(json["scores"][0]["class"] == "cat");
  CHECK(json["suppressed_count"] == 1);
  CHECK(json["suppressed"][0]["proposal"] == 2);
  REQUIRE(story.page.panels.size() == 1);
  CHECK(story.page.panels[0].picture.width == 224);
  CHECK_FALSE(DrawStory(story.page).IsEmpty());
}

TEST_CASE("a proposal's source is Selective Search, MultiBox, both or a box that was moved") {
  StoryPicture picture = MakePicture();
  const auto source = [&] { return Json::parse(StoryOfDetection(picture, 1).json)["proposal"]; };
  CHECK(source()["source"] == "selective search");
  picture.origins.resize(4);
  picture.origins[0] = {.multibox_rank = 6, .selective_search_rank = {}};
  CHECK(source()["source"] == "multibox");
  CHECK(source()["multibox_rank"] == 7);
  CHECK(source()["selective_search_rank"].is_null());
  CHECK(StoryOfDetection(picture, 1).text.find("1 of 4 by MultiBox, its number 7") !=
        std::string::npos);
  picture.origins[0].selective_search_rank = 2;
  CHECK(source()["source"] == "both");
  CHECK(StoryOfDetection(picture, 1)
            .text.find("by MultiBox, its number 7, and Selective Search, its number 3") !=
        std::string::npos);
  picture.origins[0] = {.multibox_rank = {}, .selective_search_rank = {}, .moved_from = 2};
  CHECK(source()["source"] == "box regression");
  CHECK(source()["moved_from"] == 3);
  CHECK(StoryOfDetection(picture, 1).text.find("by box regression, which moved number 3 here") !=
        std::string::npos);
}

// The picture under soft suppression: proposal 2 is kept as detection 3 with its score of 1 lowered
// to .49 by detection 1.
StoryPicture MakeSoftPicture() {
  StoryPicture picture = MakePicture();
  picture.nms.soft_sigma = 0.5;
  Candidate& lowered = picture.candidates[0][2];
  lowered.fate = Fate::kKept;
  lowered.suppressor = {};
  lowered.kept_before = 2;
  lowered.given_out = lowered.detection;
  lowered.given_out->score = 0.4868F;  // exp(-.6^2 / .5)
  picture.candidates[0][6].kept_before = 1;
  picture.detections.push_back(
      {.detection = *lowered.given_out, .made_of = {{.list = 0, .position = 2}}});
  picture.judgements.emplace_back(
      Judgement{.verdict = Verdict::kDuplicate, .object = 0, .iou = 0.6});
  return picture;
}

TEST_CASE("under soft suppression a detection says who lowered its score, and whose it lowered") {
  const StoryPicture picture = MakeSoftPicture();
  const WholeStory lowered = StoryOfDetection(picture, 3);
  CHECK(lowered.text.find("detection 3 of 3, cat 0.49") != std::string::npos);
  CHECK(lowered.text.find("from 1.00 to 0.49, detection 1 (IoU 0.60: x 0.49)") !=
        std::string::npos);
  const Json json = Json::parse(lowered.json);
  CHECK(json["own_score"] == 1);
  CHECK(json["lowered_by"][0]["detection"] == 1);
  CHECK(json["lowers"].empty());
  const WholeStory best = StoryOfDetection(picture, 1);
  CHECK(best.text.find("not: 2.00 is its own score") != std::string::npos);
  CHECK(Json::parse(best.json)["lowers"][0]["detection"] == 3);
  CHECK_FALSE(DrawStory(lowered.page).IsEmpty());
  CHECK(Json::parse(StoryOfObject(picture, 3).json)["why"].get<std::string>().find(
            "kept as detection 1") != std::string::npos);
}

TEST_CASE("models are distinguished by name, or by path where they have one name") {
  CHECK(ShortNames({"a/voc.safetensors", "b/cells.safetensors"}) ==
        std::vector<std::string>{"voc", "cells"});
  CHECK(ShortNames({"a/voc.safetensors", "b/voc.safetensors", "b/cells.safetensors"}) ==
        std::vector<std::string>{"a/voc.safetensors", "b/voc.safetensors", "cells"});
}

TEST_CASE("a detection shows each kind of crop that the models saw, once") {
  StoryPicture picture = MakePicture();
  CHECK(StoryOfDetection(picture, 1).page.panels.size() == 1);
  picture.models[1].crop.mode = CropMode::kSquare;
  picture.models.push_back(picture.models[1]);
  picture.models[2].name = "third";
  picture.proposals[0].x1 += 20;  // no square
  const std::vector<StoryPanel> panels = StoryOfDetection(picture, 1).page.panels;
  REQUIRE(panels.size() == 2);
  CHECK(panels[1].caption == "the crop that second saw");
  CHECK(panels[1].picture != panels[0].picture);
}

// Two models whose boxes are fused: the first finds the cat at proposal 1, the second at proposal 2
// and something at proposal 4.
StoryPicture MakeFusedPicture() {
  StoryPicture picture = MakePicture();
  picture.fuses_boxes = true;
  std::vector<Candidate>& first = picture.candidates[0];
  first[6].fate = Fate::kBelowMinScore;
  first[6].given_out = {};
  std::vector<Candidate> second = first;
  std::swap(second[0].fate, second[2].fate);
  second[0].given_out = {};
  second[0].suppressor = 2;
  second[0].suppressor_iou = 0.6;
  second[2].suppressor = {};
  second[2].given_out = second[2].detection;
  second[6].fate = Fate::kKept;
  second[6].given_out = second[6].detection;
  picture.candidates.push_back(second);
  picture.detections = {{.detection = {.box = Square(2), .class_id = ClassAt(0), .score = 1.5F},
                         .made_of = {{.list = 0, .position = 0}, {.list = 1, .position = 2}}},
                        {.detection = {.box = Square(130), .class_id = ClassAt(0), .score = 0.25F},
                         .made_of = {{.list = 1, .position = 6}}}};
  return picture;
}

TEST_CASE("a fused detection names each model's box that it was made of") {
  const WholeStory story = StoryOfDetection(MakeFusedPicture(), 1);
  CHECK(story.text.find("2.00 by first (proposal 1), IoU 0.82 with their mean") !=
        std::string::npos);
  CHECK(story.text.find("1.00 by second (proposal 2), IoU 0.74 with their mean") !=
        std::string::npos);
  CHECK(story.text.find("1.50, the mean over 2 boxes of score x the model's weight, x 2 of 2") !=
        std::string::npos);
  const Json json = Json::parse(story.json);
  REQUIRE(json["fused"].size() == 2);
  CHECK(json["fused"][1]["model"] == "second");
  CHECK(json["fused"][1]["proposal"] == 2);
  CHECK(json["proposal"]["rank"] == 1);
  CHECK(story.page.panels.size() == 2);
  CHECK_FALSE(DrawStory(story.page).IsEmpty());
  StoryPicture two_crops = MakeFusedPicture();
  two_crops.models[1].crop.padding_px = 0;
  const WholeStory of_two = StoryOfDetection(two_crops, 1);
  CHECK(of_two.page.panels[0].picture == story.page.panels[0].picture);
  CHECK(of_two.page.panels[1].picture != story.page.panels[1].picture);
  CHECK(StoryOfDetection(MakeFusedPicture(), 2).text.find("x 1 of 2") != std::string::npos);
}

TEST_CASE("the story of an object says what each of the fused detectors made of its proposals") {
  const WholeStory story = StoryOfObject(MakeFusedPicture(), 3);
  const Json proposals = Json::parse(story.json)["proposals"];
  REQUIRE(proposals.size() == 6);  // of three proposals, by two models
  CHECK(proposals[0]["model"] == "first");
  CHECK(proposals[0]["fate"] == "suppressed");
  CHECK(proposals[1]["model"] == "second");
  CHECK(proposals[1]["fate"] == "kept");
  CHECK(story.text.find("joined to detection 1") != std::string::npos);
  CHECK(story.page.panels.size() == 3);
}

TEST_CASE("a false detection on nothing says so") {
  const WholeStory story = StoryOfDetection(MakePicture(), 2);
  CHECK(story.text.find("false: on no object at all") != std::string::npos);
  CHECK(story.text.find("suppressed    nothing") != std::string::npos);
}

TEST_CASE("a missed object says why: score, suppression, proposals or an unknown class") {
  const auto why = [](std::size_t number) {
    const Json json = Json::parse(StoryOfObject(MakePicture(), number).json);
    return json["why"].is_null() ? std::string() : json["why"].get<std::string>();
  };
  CHECK(why(1).empty());  // it was found
  CHECK(why(2) ==
        "of the proposals that cover it, number 3 scores most, -1.75: its score is below -1, the "
        "least that counts");
  CHECK(why(3) ==
        "of the proposals that cover it, number 1 scores most, 2.00: kept as detection 1, which is "
        "right: found o1 (cat), IoU 1.00");
  CHECK(why(4) == "no proposal covers it: the best overlaps it by 0.00, expected 0.5");
  CHECK(why(5) == "the detector does not know this class");
}

TEST_CASE("a missed object whose one good proposal was suppressed names the suppressor") {
  StoryPicture picture = MakePicture();
  picture.objects[2].box = Square(9);  // IoU .67 with proposal 2, .38 with proposal 1
  const WholeStory story = StoryOfObject(picture, 3);
  CHECK(Json::parse(story.json)["why"] ==
        "of the proposals that cover it, number 2 scores most, 1.00: suppressed by detection 1 "
        "(score 2.00, IoU 0.60 > 0.3), which is right: found o1 (cat), IoU 1.00");
  CHECK(Json::parse(story.json)["proposals"][0]["fate"] == "suppressed");
  CHECK(Json::parse(story.json)["proposals"][0]["proposal"]["rank"] == 2);
  CHECK(story.page.panels.size() == 3);
  CHECK_FALSE(DrawStory(story.page).IsEmpty());
}

TEST_CASE("a missed object that regression lost has another reason than one without a proposal") {
  StoryPicture picture = MakePicture();
  for (Candidate& candidate : picture.candidates[0]) {
    if (candidate.region == 2) candidate.detection.box = Square(100);
  }
  CHECK(Json::parse(StoryOfObject(picture, 2).json)["why"] ==
        "proposals cover it, the best by 1.00, but box regression moves them off");
}

TEST_CASE("a story has boxes in the file's pixels when it was read smaller") {
  StoryPicture picture = MakePicture();
  picture.file_from_image_x = 2;
  picture.file_from_image_y = 3;
  const Json json = Json::parse(StoryOfDetection(picture, 2).json);
  CHECK(json["box"] == Json({260.0, 30.0, 300.0, 90.0}));
  CHECK(json["proposal"]["box"] == Json({260.0, 30.0, 300.0, 90.0}));
}

TEST_CASE("the list of a picture has every detection and object with its number") {
  const WholeStory story = StoryOverview(MakePicture());
  const Json json = Json::parse(story.json);
  CHECK(json["detections"].size() == 2);
  CHECK(json["objects"].size() == 5);
  CHECK(json["objects"][0]["found_by"] == 1);
  CHECK(json["objects"][1]["found_by"].is_null());
  CHECK(story.text.find("000043:o1") != std::string::npos);
}

TEST_CASE("a number that does not exist is refused with how many there are") {
  CHECK_THROWS_WITH(StoryOfDetection(MakePicture(), 3), Catch::Contains("has 2 detections"));
  CHECK_THROWS_WITH(StoryOfDetection(MakePicture(), 0), Catch::Contains("no number 0"));
  CHECK_THROWS_WITH(StoryOfObject(MakePicture(), 6), Catch::Contains("has 5 true objects"));
}

}  // namespace
}  // namespace deeper::tools
