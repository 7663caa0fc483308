// The routes, without sockets and without a detector.
#include "tools/serve/service.h"

#include <fmt/format.h>

#include <cctype>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "tests/support/catch.h"

namespace deeper::tools {
namespace {

using Json = nlohmann::json;

// Says what it was asked; fails for a file "bad".
PictureOutcome Echo(const PictureJob& job) {
  if (job.file == "bad") return {.status = 422, .json = {}, .error = job.id + ": is no picture"};
  Json said = {{"image", job.id}, {"bytes", job.file.size()}, {"options", job.options}};
  return {.json = said.dump(), .error = {}, .times = {.decode_s = 1, .network_s = 2}};
}

HttpRequest Post(const std::string& path, const std::string& body) {
  HttpRequest request;
  request.method = "POST";
  request.path = path;
  request.headers = {{"host", "127.0.0.1:8080"}};
  request.body = body;
  return request;
}

HttpRequest Get(const std::string& path) {
  HttpRequest request = Post(path, "");
  request.method = "GET";
  return request;
}

ServiceOptions OptionsWith(const std::string& token) {
  ServiceOptions options;
  options.guard.token = token;
  options.model_json = "{\"model\":1}";
  return options;
}

class Served {
 public:
  explicit Served(PictureWork work = Echo, std::size_t capacity = 4, const std::string& token = "")
      : queue_(1, capacity, [work] { return work; }),
        service_(queue_, OptionsWith(token)),
        handler_(service_.Handler()) {}

  // Begins to answer.
  std::future<HttpResponse> Begin(const HttpRequest& request) {
    const auto answer = std::make_shared<std::promise<HttpResponse>>();
    HttpRequest head = request;
    head.body.clear();
    if (auto refusal = handler_.refuse(head)) {
      answer->set_value(*refusal);
    } else {
      handler_.answer(request, [answer](HttpResponse response) { answer->set_value(response); });
    }
    return answer->get_future();
  }
  HttpResponse Ask(const HttpRequest& request) { return Begin(request).get(); }
  const WorkQueue& queue() const { return queue_; }

 private:
  WorkQueue queue_;
  Service service_;
  HttpHandler handler_;
};

std::optional<std::string> HeaderOf(const HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::string ReasonOf(const HttpResponse& response) {
  const Json json = Json::parse(response.body);
  CHECK(json["status"] == response.status);
  return json["error"];
}

TEST_CASE("a picture's bytes are answered with its record, one line") {
  Served served;
  HttpRequest request = Post("/detect", "1234");
  CHECK(served.Ask(request).body == "{\"bytes\":4,\"image\":\"picture\",\"options\":{}}\n");
  request.query = {{"id", "cat"}, {"min-score", "0.5"}};
  const HttpResponse named = served.Ask(request);
  CHECK(named.status == 200);
  CHECK(named.content_type == "application/json");
  CHECK(named.body == "{\"bytes\":4,\"image\":\"cat\",\"options\":{\"min-score\":\"0.5\"}}\n");
}

TEST_CASE("a form of several pictures is answered with a line each, in its order") {
  Served served;
  HttpRequest request =
      Post("/detect",
           "--b\r\nContent-Disposition: form-data; name=a; filename=x.jpg\r\n\r\n12\r\n"
           "--b\r\nContent-Disposition: form-data; name=b; filename=y.jpg\r\n\r\nbad\r\n"
           "--b\r\nContent-Disposition: form-data; name=c\r\n\r\n123\r\n--b--");
  request.headers["content-type"] = "multipart/form-data; boundary=b";
  const HttpResponse response = served.Ask(request);
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/x-ndjson");
  CHECK(response.body ==
        "{\"bytes\":2,\"image\":\"x\",\"options\":{}}\n"
        "{\"image\":\"y\",\"error\":\"y: is no picture\",\"status\":422}\n"
        "{\"bytes\":3,\"image\":\"picture-3\",\"options\":{}}\n");
}

TEST_CASE("what is wrong with a request is said as JSON") {
  using Catch::Matchers::Contains;
  Served served;
  const HttpResponse bad = served.Ask(Post("/detect", "bad"));
  CHECK(bad.status == 422);
  CHECK(ReasonOf(bad) == "picture: is no picture");
  const HttpResponse empty = served.Ask(Post("/detect", ""));
  CHECK(empty.status == 400);
  CHECK_THAT(ReasonOf(empty), Contains("expected the bytes of a picture"));
  HttpRequest request = Post("/detect", "1");
  request.query = {{"min-scor", "1"}};
  CHECK_THAT(ReasonOf(served.Ask(request)), Contains("did you mean 'min-score'?"));
  request.query = {{"min-score", "x"}};
  CHECK(ReasonOf(served.Ask(request)) == "min-score is 'x', expected a number");
  request.query = {{"nms-iou", "2"}};
  CHECK(ReasonOf(served.Ask(request)) == "nms-iou is 2, expected 0 to 1");
  CHECK(served.Ask(Get("/nothing")).status == 404);
  const HttpResponse method = served.Ask(Get("/detect"));
  CHECK(method.status == 405);
  CHECK(HeaderOf(method, "Allow") == "POST");
}

TEST_CASE("a form that holds no pictures, or more than the queue, is refused") {
  Served served;
  HttpRequest request = Post("/detect", "--b--");
  request.headers["content-type"] = "multipart/form-data; boundary=b";
  CHECK(served.Ask(request).status == 400);
  request.body.clear();
  for (int i = 0; i < 5; ++i) {
    request.body += "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n12\r\n";
  }
  request.body += "--b--";
  CHECK_THAT(ReasonOf(served.Ask(request)), Catch::Matchers::Contains("at most 4 pictures"));
}

// Work that waits until it is let go on.
class Gate {
 public:
  PictureOutcome Work(const PictureJob& job) {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [&] { return is_open_; });
    return Echo(job);
  }
  void Open() {
    {
      const std::lock_guard lock(mutex_);
      is_open_ = true;
    }
    opened_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool is_open_ = false;
};

TEST_CASE("where as many pictures wait as may, a further one is told when to come back") {
  Gate gate;
  Served served([&](const PictureJob& job) { return gate.Work(job); }, 2);
  std::vector<std::future<HttpResponse>> answers;
  answers.push_back(served.Begin(Post("/detect", "1")));
  while (served.queue().UnderWay() == 0) std::this_thread::yield();
  for (int i = 0; i < 2; ++i) answers.push_back(served.Begin(Post("/detect", "1")));
  const HttpResponse full = served.Ask(Post("/detect", "1"));
  CHECK(full.status == 503);
  CHECK(HeaderOf(full, "Retry-After").value_or("0") >= "1");
  CHECK(served.Ask(Get("/health")).status == 200);
  gate.Open();
  for (auto& answer : answers) CHECK(answer.get().status == 200);
  CHECK(served.Ask(Post("/detect", "1")).status == 200);
}

TEST_CASE("metrics count requests by route and status, pictures and seconds by stage") {
  using Catch::Matchers::Contains;
  Served served;
  served.Ask(Post("/detect", "1"));
  served.Ask(Post("/detect", "bad"));
  served.Ask(Get("/no/such/path"));
  const HttpResponse response = served.Ask(Get("/metrics"));
  CHECK(response.content_type == "text/plain; version=0.0.4");
  CHECK_THAT(response.body,
             Contains("deeper_requests_total{route=\"/detect\",status=\"200\"} 1\n"));
  CHECK_THAT(response.body,
             Contains("deeper_requests_total{route=\"/detect\",status=\"422\"} 1\n"));
  CHECK_THAT(response.body, Contains("deeper_requests_total{route=\"none\",status=\"404\"} 1\n"));
  CHECK_THAT(response.body, Contains("deeper_pictures_total{status=\"200\"} 1\n"));
  CHECK_THAT(response.body, Contains("deeper_stage_seconds_total{stage=\"network\"} 2.000000\n"));
  CHECK_THAT(response.body, Contains("deeper_queue_capacity 4\n"));
  CHECK_THAT(response.body, !Contains("such/path"));
}

TEST_CASE("the description of the routes is JSON and names routes that there are") {
  Served served;
  const Json paths = Json::parse(served.Ask(Get("/openapi.json")).body)["paths"];
  CHECK(paths.size() == 13);
  for (const auto& [path, methods] : paths.items()) {
    for (const auto& [method, operation] : methods.items()) {
      CAPTURE(path, method);
      HttpRequest request = Post(path, "1");
      request.method = method;
      for (char& c : request.method) c = static_cast<char>(std::toupper(c));
      const HttpResponse response = served.Ask(request);
      CHECK(response.status != 405);
      CHECK_THAT(response.body, !Catch::Matchers::Contains("no such path"));
    }
  }
}

TEST_CASE("the page is the program's own files, without inline scripts or styles") {
  Served served;
  const HttpResponse page = served.Ask(Get("/"));
  CHECK(page.status == 200);
  CHECK(page.content_type == "text/html; charset=utf-8");
  CHECK(HeaderOf(page, "Content-Security-Policy").value().find("unsafe") == std::string::npos);
  CHECK_THAT(page.body, !Catch::Matchers::Contains("style="));
  std::size_t files = 0;
  for (const char* mark : {"src=\"", "href=\""}) {
    for (std::size_t at = 0; (at = page.body.find(mark, at)) != std::string::npos; ++files) {
      at += std::string(mark).size();
      const std::string name = page.body.substr(at, page.body.find('"', at) - at);
      CAPTURE(name);
      if (name != "data:,") CHECK(served.Ask(Get("/" + name)).status == 200);
    }
  }
  CHECK(files == 8);
}

TEST_CASE("records become a file of another format") {
  Served served;
  HttpRequest request = Post("/convert",
                             "{\"image\":\"a\",\"width\":9,\"height\":9,\"detections\":[{\"class\":"
                             "\"cat\",\"score\":0.5,\"box\":[1,2,3,4]}]}\n");
  request.query = {{"to", "coco"}};
  const HttpResponse coco = served.Ask(request);
  CHECK(coco.status == 200);
  CHECK(Json::parse(coco.body)["annotations"].size() == 1);
  request.query = {{"to", "voc"}};
  const HttpResponse voc = served.Ask(request);
  CHECK(voc.content_type == "application/xml");
  CHECK_THAT(voc.body, Catch::Matchers::Contains("<name>cat</name>"));
  request.query = {{"to", "x"}};
  CHECK(ReasonOf(served.Ask(request)) == "to is 'x', expected jsonl, coco or voc");
  request.body = "hello";
  CHECK(served.Ask(request).status == 400);
}

TEST_CASE("a detection's story is asked by its number") {
  Served served([](const PictureJob& job) {
    return PictureOutcome{.json = std::to_string(job.story_of), .error = {}};
  });
  HttpRequest request = Post("/explain", "1234");
  request.query = {{"detection", "3"}};
  CHECK(served.Ask(request).body == "3\n");
  for (const char* number : {"0", "-1", "x", "1.5", ""}) {
    CAPTURE(number);
    request.query = {{"detection", number}};
    CHECK(served.Ask(request).status == 400);
  }
}

TEST_CASE("without a directory for annotations there are none") {
  Served served;
  CHECK_THAT(ReasonOf(served.Ask(Get("/annotations/a"))),
             Catch::Matchers::Contains("--annotations"));
  CHECK(Json::parse(served.Ask(Get("/pictures")).body)["pictures"].empty());
  CHECK(served.Ask(Get("/pictures/0")).status == 404);
  CHECK(served.Ask(Get("/pictures/../../etc/passwd")).status == 404);
  CHECK_THAT(ReasonOf(served.Ask(Post("/truth/0", "{}"))), Catch::Matchers::Contains("--data"));
}

TEST_CASE("with a token pictures, model and metrics are told to those who bring it alone") {
  Served served(Echo, 4, "secret");
  CHECK(served.Ask(Get("/health")).status == 200);
  for (const HttpRequest& request : {Get("/model"), Get("/metrics"), Post("/detect", "1")}) {
    CAPTURE(request.path);
    CHECK(served.Ask(request).status == 401);
    HttpRequest with_token = request;
    with_token.headers["authorization"] = "Bearer secret";
    CHECK(served.Ask(with_token).status == 200);
  }
}

TEST_CASE("every answer forbids to guess its type, to frame it and to keep it") {
  Served served;
  for (const HttpRequest& request : {Get("/health"), Get("/nothing"), Post("/detect", "1")}) {
    CAPTURE(request.path);
    const HttpResponse response = served.Ask(request);
    CHECK(HeaderOf(response, "X-Content-Type-Options") == "nosniff");
    CHECK(HeaderOf(response, "Cache-Control") == "no-store");
    CHECK(HeaderOf(response, "Cross-Origin-Resource-Policy") == "same-origin");
    CHECK_THAT(HeaderOf(response, "Content-Security-Policy").value_or(""),
               Catch::Matchers::Contains("default-src 'none'"));
  }
}

}  // namespace
}  // namespace deeper::tools
