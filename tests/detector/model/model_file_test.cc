#include "detector/model/model_file.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "backbone/files/safetensors.h"
#include "backbone/files/stored_floats.h"
#include "backbone/files/weight_files.h"
#include "backbone/network.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/files/sha256.h"
#include "core/random.h"
#include "detector/model/find_backbone.h"
#include "detector/model/model.h"
#include "tests/backbone/random_tensor.h"
#include "tests/detector/random_multibox.h"
#include "tests/support/catch.h"
#include "tests/support/remedy.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;
using test::RandomWeights;
using test::TemporaryDirectory;

constexpr std::size_t kDim = 1024;

std::vector<float> RandomValues(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.Uniform() - 0.5);
  return values;
}

// A model of three classes with no field at its default.
Model Sample() {
  Model model;
  model.classes.classes = {{.name = "cat", .wordnet_id = "n02121808"},
                           {.name = "caf\u00e9 \"chair\"", .wordnet_id = ""},
                           {.name = "sheep", .wordnet_id = ""}};
  model.backbone_fingerprint = std::string(64, 'a');
  model.backbone_name = "BVLC GoogLeNet";
  model.crop = {.mode = CropMode::kSquare,
                .size_px = 224,
                .padding_px = 8,
                .mean_bgr = {103.939F, 116.779F, 123.68F}};
  model.proposals.implementation = SelectiveSearchImplementation::kOpenCv;
  model.proposals.colour_spaces = {ColourSpace::kHsv,
                                   ColourSpace::kLab,
                                   ColourSpace::kRgi,
                                   ColourSpace::kHue,
                                   ColourSpace::kIntensity};
  model.proposals.similarities = {{.colour = true, .texture = false, .size = false, .fill = true},
                                  {.colour = false, .texture = true, .size = true, .fill = false}};
  model.proposals.k = {75, 150};
  model.proposals.sigma = 0.7;
  model.proposals.width_px = 400;
  model.proposals.max_area_px = 90'000;
  model.proposals.min_side_px = 12;
  model.proposals.max_iou = 0.85;
  model.proposals.max_boxes = 777;
  model.proposals.seed = 0xFFFFFFFFFFFFFFFFULL;
  model.scaling = {.norm = FeatureNorm::kMean, .target_norm = 19.5F, .mean_norm = 26.1F};
  model.classifiers = {.kind = ClassifierKind::kSoftmax,
                       .feature_dim = kDim,
                       .weights = RandomValues(4 * kDim, 1),
                       .biases = {0.1F, -0.2F, 0.3F, -0.4F}};
  model.calibration = {.curves = {{.slope = 1.25, .offset = -0.1},
                                  {.slope = 0, .offset = 2},
                                  {.slope = 1.0 / 3, .offset = 0}},
                       .operating_points = {0.3, 0.4, 0.9}};
  model.box_regression = {.feature_dim = kDim, .weights = RandomValues(4 * (kDim + 1), 2)};
  model.nms = {.max_iou = 0.35,
               .max_per_class = 50,
               .soft_sigma = 0.75,
               .vote_iou = 0.5,
               .vote_offset = 0.25};
  model.min_score = -0.75F;
  model.training = {{"data", "voc2007 train"}, {"pictures", "782"}, {"empty", ""}};
  return model;
}

// The same model with its own backbone.
Model SelfContained() {
  Model model = Sample();
  model.backbone = RandomWeights(1);
  model.backbone_fingerprint = FingerprintOf(*model.backbone);
  return model;
}

Model RoundTrip(const Model& model) {
  const TemporaryDirectory directory;
  SaveModel(model, directory / "m.safetensors");
  return LoadModel(directory / "m.safetensors");
}

TEST_CASE("a model comes back equal, to the last bit and field") {
  REQUIRE(RoundTrip(Sample()) == Sample());
}

TEST_CASE("a model of whole pictures brings its scale and its ranker back") {
  Model model = Sample();
  model.picture_scale = {.short_side_px = 480, .long_side_px = 800};
  model.ranker = {.weights = RandomValues(9 * 832, 3), .bias = -1.5F};
  model.max_regions = 200;
  REQUIRE(RoundTrip(model) == model);
  model.ranker->offset_weights = RandomValues(4 * 9 * 832, 4);
  model.ranker->offset_biases = {0.5F, 0.25F, -1, 2};
  REQUIRE(RoundTrip(model) == model);
  const TemporaryDirectory directory;
  model.ranker->offset_weights.pop_back();
  CHECK_THROWS_WITH(SaveModel(model, directory / "m"), Catch::Contains("ranker/offsets/weight"));
  model.ranker->offset_weights.clear();
  model.ranker->weights.pop_back();
  CHECK_THROWS_WITH(SaveModel(model, directory / "m"), Catch::Contains("ranker/weight"));
  model.ranker = RegionRanker{.weights = RandomValues(9 * 832, 3)};
  model.picture_scale.reset();
  CHECK_THROWS_WITH(SaveModel(model, directory / "m"), Catch::Contains("picture_scale"));
  model.ranker.reset();
  model.picture_scale = {.short_side_px = 4};
  CHECK_THROWS_WITH(SaveModel(model, directory / "m"), Catch::Contains("short_side_px"));
}

TEST_CASE("a model without box regression comes back without it") {
  Model model = Sample();
  model.box_regression.reset();
  REQUIRE(RoundTrip(model) == model);
}

TEST_CASE("classifiers that read a context have twice the values, and others may not") {
  Model model = Sample();
  model.context_weight = 0.5;
  const TemporaryDirectory directory;
  CHECK_THROWS_WITH(SaveModel(model, directory / "m"), Contains("expected 2048"));
  model.classifiers.feature_dim = 2 * kDim;
  model.classifiers.weights = RandomValues(4 * 2 * kDim, 6);
  REQUIRE(RoundTrip(model) == model);
}

TEST_CASE("a model may have a box regressor for each class") {
  Model model = Sample();
  model.box_regression->weights = RandomValues(3 * 4 * (kDim + 1), 5);
  REQUIRE(RoundTrip(model) == model);
}

TEST_CASE("a box regression reads profiles, or in earlier files features") {
  Model model = Sample();
  model.box_regression = {.feature_dim = kProfileDim,
                          .weights = RandomValues(4 * (kProfileDim + 1), 5)};
  REQUIRE(RoundTrip(model) == model);
  model.box_regression->weights = RandomValues(3 * 4 * (kProfileDim + 1), 5);
  REQUIRE(RoundTrip(model) == model);
  model.box_regression->weights.pop_back();
  const TemporaryDirectory directory;
  CHECK_THROWS_WITH(SaveModel(model, directory / "m"),
                    Contains("expected 4 x 14337 once or for each of 3 classes"));
}

TEST_CASE("a self-contained model brings its backbone back") {
  REQUIRE(RoundTrip(SelfContained()) == SelfContained());
}

TEST_CASE("a model brings its MultiBox back, and stores what its backbone has too only once") {
  const TemporaryDirectory directory;
  Model model = Sample();
  model.multibox = test::RandomMultiBox(5, 1);
  CHECK(RoundTrip(model) == model);
  SaveModel(SelfContained(), directory / "without");
  model = SelfContained();
  model.multibox = test::RandomMultiBox(5, 1);  // on the weights of the backbone
  SaveModel(model, directory / "shared");
  CHECK(LoadModel(directory / "shared") == model);
  model.multibox = test::RandomMultiBox(5, 2);
  SaveModel(model, directory / "own");
  CHECK(LoadModel(directory / "own") == model);
  const auto size_of = [&](const char* name) { return fs::file_size(directory / name); };
  // The head alone is 1.7 million f32 values, the network 6 million.
  CHECK(size_of("shared") - size_of("without") < 8'000'000);
  CHECK(size_of("own") - size_of("without") > 28'000'000);
}

TEST_CASE("a backbone that fits bf16 takes half the bytes and comes back equal") {
  const TemporaryDirectory directory;
  Model model = SelfContained();
  SaveModel(model, directory / "f32");
  for (auto& [name, tensor] : *model.backbone) {
    for (float& value : tensor.data) value = 0.375F;
  }
  model.backbone_fingerprint = FingerprintOf(*model.backbone);
  SaveModel(model, directory / "bf16");
  REQUIRE(LoadModel(directory / "bf16") == model);
  REQUIRE(fs::file_size(directory / "bf16") < fs::file_size(directory / "f32") * 51 / 100);
}

TEST_CASE("the same model gives the same bytes") {
  const TemporaryDirectory directory;
  SaveModel(Sample(), directory / "a");
  SaveModel(RoundTrip(Sample()), directory / "b");
  REQUIRE(ReadFile(directory / "a") == ReadFile(directory / "b"));
}

TEST_CASE("the tensors have the names and sizes of docs/model-file.md") {
  const TemporaryDirectory directory;
  SaveModel(SelfContained(), directory / "m");
  const Safetensors content = ReadSafetensors(directory / "m");
  REQUIRE(content.tensors.at("classifiers/weight").shape == std::vector<std::uint64_t>{4, 1024});
  REQUIRE(content.tensors.at("classifiers/bias").shape == std::vector<std::uint64_t>{4});
  REQUIRE(content.tensors.at("box_regression/weight").shape ==
          std::vector<std::uint64_t>{1, 4, 1025});
  REQUIRE(content.tensors.at("backbone/conv1/7x7_s2/weight").shape ==
          std::vector<std::uint64_t>{64, 3, 7, 7});
  REQUIRE_THAT(content.metadata.at("deeper"),
               Contains("\"size_px\":224") && Contains("\"colour_spaces\":[\"hsv\",\"lab\"") &&
                   Contains("[\"colour\",\"fill\"]") && Contains("\"wordnet_id\":\"n02121808\""));
}

TEST_CASE("a flipped bit anywhere in a model file is refused") {
  const TemporaryDirectory directory;
  SaveModel(Sample(), directory / "m");
  const std::string whole = ReadTextFile(directory / "m");
  const std::size_t header_end =
      8 + static_cast<std::size_t>(static_cast<unsigned char>(whole[0])) +
      256 * static_cast<std::size_t>(static_cast<unsigned char>(whole[1]));
  std::size_t last_text = whole.rfind('}', header_end - 1);
  for (std::size_t at = 0; at < whole.size(); at += at < header_end ? 7 : 997) {
    if (at > last_text && at < header_end) continue;  // blanks that fill the header up
    CAPTURE(at);
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    WriteFileWhole(directory / "damaged", damaged);
    REQUIRE_THROWS_AS(LoadModel(directory / "damaged"), Error);
  }
}

TEST_CASE("a truncated model is refused") {
  const TemporaryDirectory directory;
  SaveModel(Sample(), directory / "m");
  const std::string whole = ReadTextFile(directory / "m");
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{7}, std::size_t{500}, whole.size() - 1}) {
    WriteFileWhole(directory / "cut", std::string_view(whole).substr(0, size));
    REQUIRE_THROWS_WITH(LoadModel(directory / "cut"), Contains("cut"));
  }
}

// Writes `content` with its right digest, as anyone who edits a model must.
void WriteWithDigest(Safetensors content, const fs::path& path) {
  Sha256 hash;
  hash.Update(content.metadata["deeper"]);
  hash.Update(std::string_view("\0", 1));
  for (const auto& [name, tensor] : content.tensors) {
    std::string line = name + " " + NameOf(tensor.dtype);
    for (const std::uint64_t size : tensor.shape) line.append(" ").append(std::to_string(size));
    hash.Update(line);
    hash.Update(std::string_view("\0", 1));
    hash.Update(tensor.bytes);
  }
  content.metadata["sha256"] = hash.HexDigest();
  WriteSafetensors(content, path);
}

// Loads the sample after `edit` changed its stored form.
Model LoadEdited(const std::function<void(Safetensors&)>& edit) {
  const TemporaryDirectory directory;
  SaveModel(Sample(), directory / "m.safetensors");
  Safetensors content = ReadSafetensors(directory / "m.safetensors");
  edit(content);
  WriteWithDigest(content, directory / "m.safetensors");
  return LoadModel(directory / "m.safetensors");
}

// Loads the sample after a part of its JSON was replaced.
Model LoadWithJson(const std::string& from, const std::string& to) {
  return LoadEdited([&](Safetensors& content) {
    std::string& json = content.metadata["deeper"];
    const std::size_t at = json.find(from);
    if (at == std::string::npos) FAIL("no " << from << " in " << json);
    json.replace(at, from.size(), to);
  });
}

TEST_CASE("a model that somebody edited is accepted when its digest was renewed") {
  REQUIRE(LoadWithJson("\"padding_px\":8", "\"padding_px\":16").crop.padding_px == 16);
}

TEST_CASE("a key that is missing is named with its place") {
  REQUIRE_THROWS_WITH(LoadWithJson("\"padding_px\":8,", ""),
                      Contains("m.safetensors: model.crop.padding_px is missing"));
  REQUIRE_THROWS_WITH(LoadWithJson("\"training\":", "\"trained\":"),
                      Contains("model.training is missing"));
  REQUIRE_THROWS_WITH(LoadWithJson("\"wordnet_id\":\"n02121808\"", "\"wordnet\":\"\""),
                      Contains("model.classes[0].wordnet_id is missing"));
}

TEST_CASE("a key that is unknown is named with its place") {
  REQUIRE_THROWS_WITH(LoadWithJson("\"padding_px\":8", "\"padding_px\":8,\"paddng\":9"),
                      Contains("model.crop.paddng is unknown"));
  REQUIRE_THROWS_WITH(LoadWithJson("{\"backbone\"", "{\"aback\":1,\"backbone\""),
                      Contains("model.aback is unknown"));
}

TEST_CASE("a value of a wrong type or out of range is named with what was expected") {
  const std::vector<std::array<std::string, 3>> cases = {
      {"\"padding_px\":8", "\"padding_px\":\"8\"", "crop.padding_px must be a whole number"},
      {"\"padding_px\":8", "\"padding_px\":8.5", "crop.padding_px must be a whole number"},
      {"\"padding_px\":8", "\"padding_px\":4294967296", "crop.padding_px must be a whole number"},
      {"\"padding_px\":8", "\"padding_px\":null", "crop.padding_px must be a whole number"},
      {"\"seed\":18446744073709551615", "\"seed\":-1", "proposals.seed must be a whole number"},
      {"\"min_score\":-0.75", "\"min_score\":true", "min_score must be a number"},
      {"\"min_score\":-0.75", "\"min_score\":1e39", "min_score must be a number in range"},
      {"\"mode\":\"square\"", "\"mode\":7", "crop.mode must be a text"},
      {"\"k\":[75,150]", "\"k\":[75,\"x\"]", "proposals.k[1] must be a whole number"},
      {"\"k\":[75,150]", "\"k\":75", "proposals.k must be a list"},
      {"\"nms\":{", "\"nms\":[],\"x\":{", "model.nms must be an object"},
      {"\"pictures\":\"782\"", "\"pictures\":782", "training.pictures must be a text"},
      {"\"name\":\"cat\"", "\"name\":[\"cat\"]", "classes[0].name must be a text"}};
  for (const auto& [from, to, message] : cases) {
    CAPTURE(to);
    REQUIRE_THROWS_WITH(LoadWithJson(from, to), Contains("m.safetensors") && Contains(message));
  }
}

TEST_CASE("a name that is not one of a list is answered with the list") {
  REQUIRE_THROWS_WITH(LoadWithJson("\"square\"", "\"round\""),
                      Contains("crop.mode") && Contains("warp"));
  REQUIRE_THROWS_WITH(
      LoadWithJson("\"rgi\"", "\"xyz\""),
      Contains("colour_spaces is 'xyz', expected one of hsv, lab, rgi, hue, intensity"));
  REQUIRE_THROWS_WITH(LoadWithJson("\"implementation\":\"opencv\"", "\"implementation\":\"other\""),
                      Contains("expected one of ours, opencv"));
  REQUIRE_THROWS_WITH(LoadWithJson("\"norm\":\"mean\"", "\"norm\":\"max\""),
                      Contains("scaling.norm"));
}

TEST_CASE("a model of another format or version is refused before its keys are looked at") {
  REQUIRE_THROWS_WITH(LoadWithJson("\"version\":1", "\"version\":2,\"new\":1"),
                      Contains("a model of version 2, expected 1"));
  REQUIRE_THROWS_WITH(LoadWithJson("\"deeper-model\"", "\"deeper-other\""),
                      Contains("format 'deeper-other', expected 'deeper-model'"));
}

TEST_CASE("a key that stands twice in the JSON is refused") {
  REQUIRE_THROWS_WITH(LoadWithJson("\"min_score\":-0.75", "\"min_score\":-0.75,\"min_score\":9"),
                      Contains("names 'min_score' twice"));
}

TEST_CASE("options that a stage would refuse are refused with the model's name") {
  REQUIRE_THROWS_WITH(LoadWithJson("\"padding_px\":8", "\"padding_px\":112"),
                      Contains("m.safetensors") && Contains("padding_px"));
  REQUIRE_THROWS_WITH(LoadWithJson("\"size_px\":224", "\"size_px\":227"),
                      Contains("crop.size_px is 227, but the network takes 224"));
  REQUIRE_THROWS_WITH(LoadWithJson("\"max_per_class\":50", "\"max_per_class\":-1"),
                      Contains("max_per_class"));
  REQUIRE_THROWS_WITH(LoadWithJson("\"kind\":\"softmax\"", "\"kind\":\"forest\""),
                      Contains("classifiers.kind") && Contains("svm or softmax"));
  REQUIRE_THROWS_WITH(LoadWithJson("\"kind\":\"softmax\"", "\"kind\":\"svm\""),
                      Contains("'classifiers/bias' has 4 values, expected 3"));
  REQUIRE_THROWS_WITH(LoadWithJson("[1.25,-0.1],", ""), Contains("calibration has 2 curves"));
  REQUIRE_THROWS_WITH(LoadWithJson("[1.25,-0.1]", "[-1.25,-0.1]"), Contains("calibration.curves"));
  REQUIRE_THROWS_WITH(LoadWithJson("[0.3,0.4,0.9]", "[0.3,0.4,1.9]"),
                      Contains("calibration.operating_points"));
  REQUIRE_THROWS_WITH(LoadWithJson("\"target_norm\":19.5", "\"target_norm\":0"),
                      Contains("target_norm"));
  REQUIRE_THROWS_WITH(LoadWithJson("\"name\":\"cat\"", "\"name\":\"sheep\""), Contains("'sheep'"));
}

TEST_CASE("tensors that do not fit the classes or each other are refused by name") {
  const auto with = [](const std::string& name, const std::vector<std::uint64_t>& shape) {
    return [=](Safetensors& content) {
      std::size_t count = 1;
      for (const std::uint64_t size : shape) count *= size;
      content.tensors[name] = StoreFloats(std::vector<float>(count), shape);
    };
  };
  REQUIRE_THROWS_WITH(
      LoadEdited(with("classifiers/bias", {2})),
      Contains("'classifiers/bias' has 2 values, expected 4: the model names 3 classes"));
  REQUIRE_THROWS_WITH(LoadEdited(with("classifiers/weight", {4, 1000})),
                      Contains("features of 1000 values, expected 1024"));
  REQUIRE_THROWS_WITH(LoadEdited(with("classifiers/weight", {2, 1024})),
                      Contains("has 2048 values, expected 4096"));
  REQUIRE_THROWS_WITH(LoadEdited(with("classifiers/weight", {3072})),
                      Contains("has 1 dimensions, expected 2"));
  REQUIRE_THROWS_WITH(LoadEdited(with("box_regression/weight", {2, 4, 1025})),
                      Contains("'box_regression/weight' has 8200 values"));
  REQUIRE_THROWS_WITH(LoadEdited(with("box_regression/weight", {1, 5, 1025})),
                      Contains("must be regressors x 4 x (features + 1)"));
  REQUIRE_THROWS_WITH(LoadEdited(with("box_regression/weight", {1, 4, 1024})),
                      Contains("is for 1023 values, expected 14336 or 1024"));
  REQUIRE_THROWS_WITH(LoadEdited(with("svm/weight", {1})),
                      Contains("tensor 'svm/weight' is unknown"));
  REQUIRE_THROWS_WITH(
      LoadEdited([](Safetensors& content) { content.tensors.erase("classifiers/bias"); }),
      Contains("tensor 'classifiers/bias' is missing"));
  REQUIRE_THROWS_WITH(LoadEdited(with("backbone/conv1/7x7_s2/weight", {64, 3, 7, 7})),
                      Contains("'conv1/7x7_s2/bias' is missing"));
  REQUIRE_THROWS_WITH(LoadEdited([](Safetensors& content) {
                        content.tensors["classifiers/bias"] = {
                            .dtype = DType::kU8, .shape = {3}, .bytes = {1, 2, 3}};
                      }),
                      Contains("m.safetensors: tensor 'classifiers/bias' holds U8"));
}

TEST_CASE("a safetensors file of something else is told from a model") {
  const TemporaryDirectory directory;
  WriteSafetensors({.tensors = {{"x", StoreFloats(std::vector<float>{1}, {1})}}, .metadata = {}},
                   directory / "x");
  REQUIRE_THROWS_WITH(LoadModel(directory / "x"), Contains("has no 'deeper' in its metadata"));
}

TEST_CASE("a model that could not be loaded again is not saved") {
  const TemporaryDirectory directory;
  const auto refuses = [&](const std::function<void(Model&)>& edit, const std::string& message) {
    Model model = Sample();
    edit(model);
    REQUIRE_THROWS_WITH(SaveModel(model, directory / "m"), Contains(message));
    REQUIRE_FALSE(fs::exists(directory / "m"));
  };
  refuses([](Model& m) { m.classes = {}; }, "names no classes");
  refuses([](Model& m) { m.classifiers.biases.pop_back(); }, "classifiers/bias");
  refuses([](Model& m) { m.classifiers.weights[5] = std::numeric_limits<float>::quiet_NaN(); },
          "'classifiers/weight' has a value that is not finite");
  refuses([](Model& m) { m.min_score = std::numeric_limits<float>::infinity(); }, "min_score");
  refuses([](Model& m) { m.backbone_fingerprint = "abc"; }, "expected 64 hexadecimal digits");
  refuses([](Model& m) { m.backbone = RandomWeights(1); }, "but the model names aaaa");
  refuses([](Model& m) { m.backbone_name.assign(1, static_cast<char>(0xFF)); }, "not UTF-8");
}

// Sets $DEEPER_MODELS while this exists.
class ModelsVariable {
 public:
  explicit ModelsVariable(const std::string& value) { setenv("DEEPER_MODELS", value.c_str(), 1); }
  ModelsVariable(const ModelsVariable&) = delete;
  ModelsVariable& operator=(const ModelsVariable&) = delete;
  ~ModelsVariable() { unsetenv("DEEPER_MODELS"); }
};

// A model that names the backbone RandomWeights(1) but does not contain it.
Model Incomplete() {
  Model model = SelfContained();
  model.backbone.reset();
  return model;
}

TEST_CASE("the backbone of a self-contained model is its own") {
  REQUIRE(FindBackbone(SelfContained(), "/absent/m", std::nullopt) == RandomWeights(1));
}

TEST_CASE("a backbone is found beside the model, by its content") {
  const TemporaryDirectory directory;
  SaveModel(Incomplete(), directory / "m.safetensors");
  WriteBackboneWeights(RandomWeights(1, 7), directory / "a.safetensors");
  WriteBackboneWeights(RandomWeights(1), directory / "b.safetensors");
  REQUIRE(FindBackbone(Incomplete(), directory / "m.safetensors", std::nullopt) ==
          RandomWeights(1));
}

TEST_CASE("a backbone is found in a directory of $DEEPER_MODELS, inside another model too") {
  const TemporaryDirectory directory;
  fs::create_directories(directory / "one");
  SaveModel(SelfContained(), directory / "two/other.safetensors");
  const ModelsVariable models((directory / "one").string() + "::" + (directory / "two").string());
  REQUIRE(FindBackbone(Incomplete(), "/absent/m", std::nullopt) == RandomWeights(1));
}

TEST_CASE("a file that is named is the only one looked at, and must be the right one") {
  const TemporaryDirectory directory;
  WriteBackboneWeights(RandomWeights(1), directory / "right.safetensors");
  WriteBackboneWeights(RandomWeights(1, 7), directory / "wrong.safetensors");
  const fs::path model_path = directory / "m.safetensors";
  REQUIRE(FindBackbone(Incomplete(), model_path, directory / "right.safetensors") ==
          RandomWeights(1));
  REQUIRE_THROWS_WITH(FindBackbone(Incomplete(), model_path, directory / "wrong.safetensors"),
                      Contains("wrong.safetensors: is a GoogLeNet of fingerprint " +
                               FingerprintOf(RandomWeights(1, 7))) &&
                          !Contains("right.safetensors"));
  REQUIRE_THROWS_WITH(FindBackbone(Incomplete(), model_path, directory / "absent"),
                      Contains("absent: cannot open"));
  REQUIRE_THROWS_AS(FindBackbone(SelfContained(), model_path, directory / "wrong.safetensors"),
                    Error);
}

TEST_CASE("a search that fails tells every place with its reason, and where to get the file") {
  const TemporaryDirectory directory;
  SaveModel(Incomplete(), directory / "m.safetensors");
  WriteBackboneWeights(RandomWeights(1, 7), directory / "other.safetensors");
  WriteFileWhole(directory / "text.caffemodel", "hello");
  WriteFileWhole(directory / "huge.caffemodel", "");
  fs::resize_file(directory / "huge.caffemodel", (std::uintmax_t{1} << 30U) + 1);
  fs::create_directories(directory / "empty");
  const ModelsVariable models((directory / "empty").string() + ":/absent/models");
  REQUIRE_THROWS_WITH(
      FindBackbone(Incomplete(), directory / "m.safetensors", std::nullopt),
      Contains(FingerprintOf(RandomWeights(1))) &&
          Contains("m.safetensors: is a model that names a backbone and holds none") &&
          Contains("other.safetensors: holds a backbone of fingerprint " +
                   FingerprintOf(RandomWeights(1, 7))) &&
          Contains("text.caffemodel: cannot be used") && Contains("not a Caffe NetParameter") &&
          Contains("huge.caffemodel: is larger than 1 GiB, skipped") &&
          Contains("empty: holds no .safetensors or .caffemodel") &&
          Contains("/absent/models: No such file or directory") &&
          Contains("405fc5acd08a3bb12de8ee5e23a96bec22f08204") &&
          Contains("http://dl.caffe.berkeleyvision.org/bvlc_googlenet.caffemodel") &&
          Contains("or name the file itself"));
  CHECK(test::RemedyOf([&] {
          FindBackbone(Incomplete(), directory / "m.safetensors", std::nullopt);
        }) == Remedy::kNameBackbone);
}

}  // namespace
}  // namespace deeper
