// The page in a real browser: Debian's chromium, without a window. Scripts of the tests run behind
// the page's own, from the server as they do.
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "core/files/file.h"
#include "core/image.h"
#include "eval/drawing/draw.h"
#include "eval/formats/voc.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"
#include "tools/serve/http_server.h"
#include "tools/serve/service.h"
#include "tools/serve/truth.h"

namespace deeper::tools {
namespace {

using Json = nlohmann::json;

bool HasChromium() {
  return std::system("command -v chromium >/dev/null 2>&1") == 0;  // NOLINT(concurrency-mt-unsafe)
}

// A record of two objects, one of them of a class whose name is markup.
PictureOutcome Find(const PictureJob& job) {
  if (job.story_of > 0) {
    return {.json = R"({"box":[2,3,30,40],"proposal":{"source":"<i>both</i>","rank":4,"of":9,)"
                    R"("box":[1,2,3,4]},"scores":[{"class":"dog","score":0.9}]})",
            .error = {}};
  }
  const Json record = {
      {"image", job.id},
      {"width", 640},
      {"height", 480},
      {"detections",
       {{{"class", "</script><b id=\"bad\">x"}, {"score", 0.9}, {"box", {20, 30, 300, 400}}},
        {{"class", "dog"}, {"score", 0.4}, {"box", {200, 100, 600, 450}}}}}};
  return {.json = record.dump(), .error = {}};
}

// What every script begins with: waits, and a picture that is dropped on the page.
constexpr const char* kBegin = R"js(
const until = async what => { for (let i = 0; i < 5000 && !what(); ++i) await wait(0.02); if (!what()) throw new Error('never: ' + what); };
const shown = () => Number(root.dataset.shown);
async function dropPicture(name) {
  const canvas = document.createElement('canvas');
  canvas.width = 640; canvas.height = 480;
  const blob = await new Promise(done => canvas.toBlob(done, 'image/png'));
  const data = new DataTransfer();
  data.items.add(new File([blob], name, {type: 'image/png'}));
  dispatchEvent(new DragEvent('drop', {dataTransfer: data}));
  await until(() => pictures.length && pictures[pictures.length - 1].record && !$('view').hidden);
}
(async () => {
  await until(() => root.dataset.ready);
  let result = {};
  try {
)js";
constexpr const char* kEnd = R"js(
  } catch (error) { result.failed = String(error); }
  result.errors = root.dataset.errors;
  await fetch('test-result', {method: 'POST', body: JSON.stringify(result)});
})();
)js";

ServiceOptions OptionsWith(const std::filesystem::path& kept) {
  ServiceOptions options;
  options.model_json =
      R"({"models":["<b>"],"scores":"probabilities","annotations":true,"classes":[)"
      R"({"name":"dog","colour":"#fa4646","operating_point":0.5},)"
      R"({"name":"</script><b id=\"bad\">x","colour":"#46a0fa","operating_point":0.5}]})";
  options.annotations.emplace(kept);
  return options;
}

// Options for a page that begins with a picture, of which two objects are known.
ServiceOptions OptionsWithTruth(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "street.jpg";
  WriteFileWhole(file, EncodeJpeg(MakeImage(640, 480, 90, 120, 150)));
  const auto truth = std::make_shared<const Truth>(
      Dataset{.name = "streets",
              .classes = ClassTableOf({"cat", "dog"}),
              .images = {{.id = "street",
                          .image_path = file,
                          .width = 640,
                          .height = 480,
                          .annotations = {{.box = {10, 10, 60, 60}, .class_id = ClassId{0}},
                                          {.box = {200, 100, 600, 440}, .class_id = ClassId{1}}}}},
              .blacklist = {}},
      EvaluationOptions());
  ServiceOptions options = OptionsWith(directory / "kept");
  options.truth = truth;
  options.pictures = PictureList({}, "", &truth->dataset());
  return options;
}

constexpr const char* kResult = "/test-result";

// Chromium at a page, with a home of its own; it ends with this object.
class Browser {
 public:
  Browser(const std::filesystem::path& home, const std::string& url) {
    std::filesystem::create_directories(home);
    std::string command = fmt::format(
        "cd '{}' && HOME=. exec chromium --headless --no-sandbox --disable-gpu "
        "--remote-debugging-port=0 '{}' >said.txt 2>&1",
        home.string(),
        url);
    char shell[] = "sh";
    char flag[] = "-c";
    char* const words[] = {shell, flag, command.data(), nullptr};
    posix_spawnattr_t group;
    posix_spawnattr_init(&group);
    posix_spawnattr_setflags(&group, POSIX_SPAWN_SETPGROUP);
    const int code = posix_spawnp(&process_, shell, nullptr, &group, words, environ);
    posix_spawnattr_destroy(&group);
    REQUIRE(code == 0);
  }
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;
  ~Browser() {
    kill(-process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }

 private:
  pid_t process_ = -1;
};

class Page {
 public:
  using MakeOptions = ServiceOptions (*)(const std::filesystem::path& directory);

  explicit Page(MakeOptions options =
                    [](const std::filesystem::path& directory) {
                      return OptionsWith(directory / "kept");
                    })
      : service_(queue_, options(directory_.path())) {
    HttpHandler handler = service_.Handler();
    handler.refuse = [refuse = handler.refuse](const HttpRequest& head) {
      return head.path == kResult ? std::nullopt : refuse(head);
    };
    const auto answer = handler.answer;
    handler.answer = [this, answer](HttpRequest request, Respond respond) {
      if (request.path == kResult) {
        posted_.set_value(request.body);
        return respond({.body = "{}"});
      }
      if (request.path != "/serve.js") return answer(std::move(request), std::move(respond));
      answer(std::move(request), [this, respond](HttpResponse response) {
        response.body += kBegin + script_ + kEnd;
        respond(std::move(response));
      });
    };
    server_ = std::make_unique<HttpServer>(HttpServerOptions{.port = 0}, handler);
    thread_ = std::jthread([this] { server_->Run([this] { return is_ending_.load(); }); });
  }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;
  ~Page() {
    is_ending_ = true;
    thread_.join();
  }

  // `result` of the script, in a browser that was never here before. The page posts it: what the
  // browser's own clocks make of a busy machine does not matter.
  Json Run(const std::string& script) {
    script_ = script;
    posted_ = std::promise<std::string>();
    std::future<std::string> posted = posted_.get_future();
    const Browser browser(directory_ / fmt::format("home{}", ++runs_), server_->Url());
    REQUIRE(posted.wait_for(std::chrono::minutes(3)) == std::future_status::ready);
    const Json result = Json::parse(posted.get());
    CAPTURE(result.dump());
    CHECK(result["errors"] == "0");
    CHECK_FALSE(result.contains("failed"));
    return result;
  }
  std::filesystem::path kept() const { return directory_ / "kept"; }

 private:
  test::TemporaryDirectory directory_;
  std::string script_;
  std::promise<std::string> posted_;
  int runs_ = 0;
  std::atomic<bool> is_ending_ = false;
  std::unique_ptr<HttpServer> server_;  // outlives the threads that answer through it
  WorkQueue queue_{1, 8, [] { return PictureWork(Find); }};
  Service service_;
  std::jthread thread_;
};

}  // namespace

#define DEEPER_REQUIRE_CHROMIUM()    \
  if (!HasChromium()) {              \
    WARN("skipped: needs chromium"); \
    return;                          \
  }

TEST_CASE("a dropped picture shows its boxes, filters and a box's story, whatever the names") {
  DEEPER_REQUIRE_CHROMIUM();
  Page page;
  const Json result = page.Run(R"js(
    await dropPicture('a<img id="bad" src=x>.png');
    await until(() => shown() === 1);
    $('score').value = 0.3;
    $('score').dispatchEvent(new Event('input'));
    result.low = shown();
    [...$('classes').children].find(chip => chip.dataset.name === 'dog').click();
    result.without_dog = shown();
    $('usual').click();
    result.label = $('view').querySelector('.box').getAttribute('aria-label');
    $('view').querySelector('.box').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}));
    await until(() => root.dataset.story);
    result.story = $('story').textContent;
    result.place = $('place').textContent;
    result.bad = document.querySelectorAll('#bad').length;
    result.jsonl = linesOf(pictures);
    result.picture = (await annotated(pictures[0], shownOf(pictures[0]))).size > 100;
    result.coco = (await (await ask('convert?to=coco', {method: 'POST', body: linesOf(pictures)})).json()).annotations.length;
  )js");
  CHECK(result["low"] == 2);
  CHECK(result["without_dog"] == 1);
  CHECK(result["label"] == "</script><b id=\"bad\">x 0.90");
  CHECK_THAT(
      result["story"].get<std::string>(),
      Catch::Matchers::Contains("<i>both</i>, 4 of 9") && Catch::Matchers::Contains("dog 0.90"));
  CHECK(result["place"] == "1 of 1: a<img id=\"bad\" src=x>");
  CHECK(result["bad"] == 0);
  CHECK(Json::parse(result["jsonl"].get<std::string>())["detections"].size() == 1);
  CHECK(result["picture"] == true);
  CHECK(result["coco"] == 1);
}

TEST_CASE(
    "boxes that are drawn, moved, renamed, deleted and undone load again as they were saved") {
  DEEPER_REQUIRE_CHROMIUM();
  Page page;
  const Json saved = page.Run(R"js(
    const point = (type, x, y) => {
      const at = new DOMPoint(x, y).matrixTransform($('view').querySelector('svg').getScreenCTM());
      const target = document.elementFromPoint(at.x, at.y);
      target.dispatchEvent(new PointerEvent(type, {clientX: at.x, clientY: at.y, button: 0, pointerId: 1, bubbles: true, cancelable: true}));
    };
    const drag = (from, to) => { point('pointerdown', ...from); point('pointermove', ...to); point('pointerup', ...to); };
    const saved = () => until(() => root.dataset.saving === '0');
    $('score').value = 0.3;
    $('score').dispatchEvent(new Event('input'));
    await dropPicture('cat.png');
    await until(() => shown() === 2);
    $('edit').click();
    await until(() => editing && pictures[0].boxes);
    drag([500, 15], [620, 45]);
    await saved();
    result.drawn = shown();
    $('class').value = 'a & b';
    $('class').dispatchEvent(new Event('change'));
    await saved();
    drag([450, 400], [470, 410]);
    await saved();
    $('remove').click();
    await saved();
    result.removed = shown();
    $('undo').click();
    await saved();
    result.boxes = pictures[0].boxes;
    result.status = $('status').textContent;
  )js");
  CHECK(saved["drawn"] == 3);
  CHECK(saved["removed"] == 2);
  REQUIRE(saved["boxes"].size() == 3);
  CHECK(saved["boxes"][1]["class"] == "dog");
  CHECK(saved["boxes"][1]["box"] == Json({220, 110, 620, 460}));
  CHECK(saved["boxes"][2]["class"] == "a & b");
  CHECK(ReadVocAnnotation(page.kept() / "Annotations/cat.xml").objects.size() == 3);

  const Json again = page.Run(R"js(
    await dropPicture('cat.png');
    await setEditing(true);
    result.boxes = pictures[0].boxes;
  )js");
  CHECK(again["boxes"] == saved["boxes"]);
}

TEST_CASE("beside the truth each box tells what it is, and what the filters hide is missed") {
  DEEPER_REQUIRE_CHROMIUM();
  Page page(OptionsWithTruth);
  const Json result = page.Run(R"js(
    await until(() => pictures[0].truth);
    result.button = $('truth').hidden;
    const looks = () => ({counts: $('found').textContent, labels: [...$('view').querySelectorAll('.box')].map(box => box.getAttribute('aria-label'))});
    document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 't', bubbles: true}));
    result.usual = looks();
    $('score').value = 0.3;
    $('score').dispatchEvent(new Event('input'));
    result.low = looks();
    result.colours = [...$('view').querySelectorAll('.frame')].map(frame => frame.getAttribute('stroke'));
    result.found_object = $('view').querySelectorAll('.region').length;
    await setEditing(true);
    result.editing = [comparing, $('truth').getAttribute('aria-pressed')];
  )js");
  CHECK(result["button"] == false);
  CHECK(result["usual"]["counts"] == "0 found, 1 false, 2 missed");
  CHECK(result["low"]["counts"] == "1 found, 1 false, 1 missed");
  CHECK(result["low"]["labels"] ==
        Json({"cat, missed", "dog 0.40, found", "</script><b id=\"bad\">x 0.90, nothing there"}));
  CHECK(result["colours"] == Json({"#f0e442", "#009e73", "#d55e00"}));
  CHECK(result["found_object"] == 1);
  CHECK(result["editing"] == Json({false, "false"}));
}

}  // namespace deeper::tools
