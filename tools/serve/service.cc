#include "tools/serve/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/pictures/picture_kinds.h"
#include "core/text/json_line.h"
#include "core/text/parse.h"
#include "core/work/stopwatch.h"
#include "tools/options/option_errors.h"
#include "tools/serve/convert_records.h"
#include "tools/serve/detect_query.h"
#include "tools/serve/multipart.h"
#include "tools/serve/page_files.h"

namespace deeper::tools {

namespace {

constexpr std::string_view kOpenApi =
#include "tools/serve/openapi.json.inc"
    ;

constexpr const char* kJsonLines = "application/x-ndjson";
constexpr const char* kPictureName = "picture";

// Headers that every answer has: a browser neither guesses types nor shows or reads it elsewhere.
HttpResponse Guarded(HttpResponse response) {
  for (const auto& [name, value] :
       {std::pair{"X-Content-Type-Options", "nosniff"},
        std::pair{"Cross-Origin-Resource-Policy", "same-origin"},
        std::pair{"Cross-Origin-Opener-Policy", "same-origin"},
        std::pair{"Referrer-Policy", "no-referrer"},
        std::pair{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
        std::pair{"Cache-Control", "no-store"}}) {
    const bool has_own = std::ranges::any_of(
        response.headers,
        [&, wanted = name](const auto& header) { return header.first == wanted; });
    if (!has_own) response.headers.emplace_back(name, value);
  }
  return response;
}

// The line of a picture among several: its record, or why it has none.
std::string LineOfOutcome(const std::string& id, const PictureOutcome& outcome) {
  if (outcome.error.empty()) return outcome.json + "\n";
  return LineOf({{"image", id}, {"error", outcome.error}, {"status", outcome.status}}) + "\n";
}

// A picture's name in its record: that of its file, as 'deeper detect' has it.
std::string IdOf(const std::string& file_name, std::size_t number) {
  const std::string id = WithoutPictureEnding(file_name);
  return id.empty() ? fmt::format("{}-{}", kPictureName, number) : id;
}

// What stands behind `prefix` in the path.
std::string RestOf(const HttpRequest& request, std::string_view prefix) {
  return request.path.substr(std::min(request.path.size(), prefix.size()));
}

// The format that is asked for.
std::string FormatOf(const HttpRequest& request) {
  const auto to = request.query.find("to");
  return to == request.query.end() ? "" : to->second;
}

HttpResponse NoAnnotations() {
  return ErrorResponse(404, "no annotations: start the server with --annotations DIR");
}

// A picture's number in a path.
std::optional<std::size_t> NumberOf(const std::string& text) {
  const std::optional<std::int64_t> number = ParseInt(text);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

// What the work returns, or its error as an answer.
template <typename Work>
HttpResponse AnswerOf(const Work& work) {
  try {
    return work();
  } catch (const UsageError& error) {
    return ErrorResponse(400, error.what());
  } catch (const WriteError& error) {
    return ErrorResponse(507, error.what());
  } catch (const Error& error) {
    return ErrorResponse(400, error.what());
  } catch (const std::exception& error) {
    return ErrorResponse(500, std::string("internal error, please report it: ") + error.what());
  }
}

}  // namespace

struct Service::Route {
  std::string_view path;     // whole, or its beginning where it ends with '/'
  std::string_view methods;  // between blanks
  bool is_public;            // needs no token: it tells nothing of pictures or models
  bool is_work;              // waits in the queue
  void (Service::*answer)(const HttpRequest&, const Respond&);
};

const Service::Route Service::kRoutes[] = {
    {"/health", "GET", true, false, &Service::Health},
    {"/model", "GET", false, false, &Service::ModelFacts},
    {"/metrics", "GET", false, false, &Service::MetricsText},
    {"/openapi.json", "GET", true, false, &Service::Description},
    {"/detect", "POST", false, true, &Service::Detect},
    {"/explain", "POST", false, true, &Service::Explain},
    {"/convert", "POST", false, false, &Service::Convert},
    {"/pictures", "GET", false, false, &Service::Pictures},
    {"/pictures/", "GET", false, false, &Service::OnePicture},
    {"/truth/", "POST", false, false, &Service::CompareWithTruth},
    {"/annotations", "GET", false, false, &Service::AllAnnotations},
    {"/annotations/", "GET PUT", false, false, &Service::Annotations}};

const Service::Route* Service::RouteOf(const std::string& path) {
  for (const Route& route : kRoutes) {
    const bool is_prefix = route.path.ends_with('/');
    if (is_prefix ? path.starts_with(route.path) : path == route.path) return &route;
  }
  return nullptr;
}

Service::Service(WorkQueue& queue, ServiceOptions options)
    : queue_(queue), options_(std::move(options)) {}

HttpHandler Service::Handler() {
  return {.refuse = [this](const HttpRequest& head) { return Refuse(head); },
          .answer = [this](HttpRequest request,
                           Respond respond) { Answer(std::move(request), std::move(respond)); },
          .fail =
              [this](int status, const std::string& reason) {
                metrics_.CountRequest("none", status, 0);
                return Guarded(ErrorResponse(status, reason));
              }};
}

HttpResponse Service::QueueFull() const {
  HttpResponse response = ErrorResponse(
      503,
      fmt::format("{} pictures wait already, of the {} that --queue allows; try again later",
                  queue_.Waiting(),
                  queue_.capacity()));
  response.headers.emplace_back("Retry-After", std::to_string(queue_.SecondsToWait()));
  return response;
}

std::optional<HttpResponse> Service::Refuse(const HttpRequest& head) {
  const Route* route = RouteOf(head.path);
  const bool is_page = FindPageFile(head.path) != nullptr;
  const auto refused = [&](HttpResponse response) {
    metrics_.CountRequest(route != nullptr ? std::string(route->path) : "none", response.status, 0);
    return Guarded(std::move(response));
  };
  const bool is_public = is_page || (route != nullptr && route->is_public);
  if (auto refusal = RefusalOf(options_.guard, head, is_public))
    return refused(*std::move(refusal));
  if (route == nullptr && !is_page) {
    return refused(ErrorResponse(404, "no such path; GET /openapi.json lists them"));
  }
  const std::string_view methods = is_page ? "GET" : route->methods;
  const std::string method = head.method == "HEAD" ? "GET" : head.method;
  if ((" " + std::string(methods) + " ").find(" " + method + " ") == std::string::npos) {
    HttpResponse response =
        ErrorResponse(405, fmt::format("{} takes {}, found {}", head.path, methods, head.method));
    std::string allowed(methods);
    std::ranges::replace(allowed, ' ', ',');
    response.headers.emplace_back("Allow", allowed);
    return refused(std::move(response));
  }
  if (!is_page && route->is_work && queue_.Waiting() >= queue_.capacity()) {
    return refused(QueueFull());
  }
  return std::nullopt;
}

void Service::Answer(HttpRequest request, Respond respond) {
  if (const PageFile* file = FindPageFile(request.path)) {
    metrics_.CountRequest("/", 200, 0);
    return respond(Guarded({.content_type = std::string(file->type),
                            .body = std::string(file->text),
                            .headers = {{"Content-Security-Policy", PagePolicy()}}}));
  }
  const Route* route = RouteOf(request.path);
  Expects(route != nullptr, "Refuse() has seen the request");
  const Stopwatch watch;
  const Respond finish = [this, route, watch, respond = std::move(respond)](HttpResponse response) {
    metrics_.CountRequest(std::string(route->path), response.status, watch.Seconds());
    respond(Guarded(std::move(response)));
  };
  try {
    (this->*route->answer)(request, finish);
  } catch (const UsageError& error) {
    finish(ErrorResponse(400, error.what()));
  } catch (const Error& error) {
    finish(ErrorResponse(400, error.what()));
  }
}

void Service::Health(const HttpRequest& /*request*/, const Respond& respond) {
  respond({.body = "{\"status\":\"ok\"}\n"});
}

void Service::ModelFacts(const HttpRequest& /*request*/, const Respond& respond) {
  respond({.body = options_.model_json + "\n"});
}

void Service::Description(const HttpRequest& /*request*/, const Respond& respond) {
  respond({.body = std::string(kOpenApi)});
}

void Service::MetricsText(const HttpRequest& /*request*/, const Respond& respond) {
  respond({.content_type = "text/plain; version=0.0.4",
           .body = metrics_.Text({.waiting = queue_.Waiting(),
                                  .capacity = queue_.capacity(),
                                  .under_way = queue_.UnderWay(),
                                  .workers = queue_.workers(),
                                  .connections = options_.connections ? options_.connections() : 0,
                                  .restarts = options_.restarts ? options_.restarts() : 0})});
}

void Service::Detect(const HttpRequest& request, const Respond& respond) {
  if (IsMultipart(request.Header("content-type"))) return DetectSeveral(request, respond);
  ParseDetectQuery(request.query, {"id", "file"});
  Add({.id = kPictureName, .file = request.body, .options = request.query}, respond);
}

void Service::Explain(const HttpRequest& request, const Respond& respond) {
  ParseDetectQuery(request.query, {"id", "file", "detection"});
  PictureJob job{.id = kPictureName, .file = request.body, .options = request.query};
  const auto asked = job.options.find("detection");
  constexpr std::int64_t kMost = 1'000'000;
  const auto number = asked == job.options.end() ? std::nullopt : ParseInt(asked->second);
  if (!number || *number < 1 || *number > kMost) {
    throw UsageError("expected detection=N, the number of a detection from 1 by falling score");
  }
  job.story_of = static_cast<std::size_t>(*number);
  job.options.erase(asked);
  Add(std::move(job), respond);
}

void Service::Add(PictureJob job, const Respond& respond) {
  const auto take = [&](const char* name, std::string& value) {
    const auto given = job.options.find(name);
    if (given == job.options.end()) return;
    value = given->second;
    job.options.erase(given);
  };
  take("file", job.file_name);
  if (!job.file_name.empty()) job.id = WithoutPictureEnding(job.file_name);
  take("id", job.id);
  if (job.file.empty()) throw UsageError("expected the bytes of a picture as the body, found none");
  std::vector<WorkQueue::Task> tasks;
  tasks.push_back({.job = std::move(job), .done = [this, respond](const PictureOutcome& outcome) {
                     metrics_.CountPicture(outcome.status, outcome.times);
                     respond(outcome.error.empty() ? HttpResponse{.body = outcome.json + "\n"}
                                                   : ErrorResponse(outcome.status, outcome.error));
                   }});
  if (!queue_.TryAdd(std::move(tasks))) respond(QueueFull());
}

void Service::DetectSeveral(const HttpRequest& request, const Respond& respond) {
  ParseDetectQuery(request.query);
  struct Several {
    std::vector<std::string> lines;
    std::atomic<std::size_t> left = 0;
  };
  const auto several = std::make_shared<Several>();
  std::vector<WorkQueue::Task> tasks;
  for (const FormPart& part : ParseMultipart(request.Header("content-type"), request.body)) {
    if (part.file_name.empty() && part.content.empty()) continue;  // a form without a file chosen
    const std::size_t place = tasks.size();
    const std::string id = IdOf(part.file_name, place + 1);
    tasks.push_back({.job = {.id = id, .file = std::string(part.content), .options = request.query},
                     .done = [this, several, respond, place, id](const PictureOutcome& outcome) {
                       metrics_.CountPicture(outcome.status, outcome.times);
                       several->lines[place] = LineOfOutcome(id, outcome);
                       if (--several->left > 0) return;
                       HttpResponse response{.content_type = kJsonLines, .body = {}};
                       for (const std::string& line : several->lines) response.body += line;
                       respond(std::move(response));
                     }});
  }
  if (tasks.empty()) throw UsageError("multipart form: expected pictures, found none");
  if (tasks.size() > queue_.capacity()) {
    throw UsageError(fmt::format("multipart form: expected at most {} pictures (--queue), found {}",
                                 queue_.capacity(),
                                 tasks.size()));
  }
  several->lines.resize(tasks.size());
  several->left = tasks.size();
  if (!queue_.TryAdd(std::move(tasks))) respond(QueueFull());
}

void Service::AnswerFromDisk(const Respond& respond, std::function<HttpResponse()> work) {
  disk_.Add([respond, work = std::move(work)] { respond(AnswerOf(work)); });
}

void Service::Convert(const HttpRequest& request, const Respond& respond) {
  AnswerFromDisk(respond, [lines = request.body, format = FormatOf(request)] {
    return ConvertRecords(lines, format);
  });
}

void Service::Pictures(const HttpRequest& /*request*/, const Respond& respond) {
  AnswerFromDisk(respond, [this] { return HttpResponse{.body = options_.pictures.Json() + "\n"}; });
}

// "/pictures/3" is its file, "/pictures/3/record" what was found in it.
void Service::OnePicture(const HttpRequest& request, const Respond& respond) {
  constexpr std::string_view kRecord = "/record";
  std::string rest = RestOf(request, "/pictures/");
  const bool is_record = rest.ends_with(kRecord);
  if (is_record) rest.resize(rest.size() - kRecord.size());
  const std::optional<std::size_t> number = NumberOf(rest);
  const HttpResponse none = ErrorResponse(404, "no such picture; GET /pictures lists them");
  if (!number) return respond(none);
  const std::size_t place = *number;
  if (is_record) {
    const std::optional<std::string> record = options_.pictures.Record(place);
    return respond(record ? HttpResponse{.body = *record + "\n"} : none);
  }
  AnswerFromDisk(respond, [this, place, none] {
    std::optional<PictureBytes> bytes = options_.pictures.Bytes(place);
    if (!bytes) return none;
    return HttpResponse{.content_type = bytes->type, .body = std::move(bytes->content)};
  });
}

// "/truth/3": what became of the detections in the body, a record of that picture.
void Service::CompareWithTruth(const HttpRequest& request, const Respond& respond) {
  const std::optional<std::size_t> number = NumberOf(RestOf(request, "/truth/"));
  const auto place = number ? options_.pictures.PlaceInDataset(*number) : std::nullopt;
  if (!place || options_.truth == nullptr) {
    return respond(ErrorResponse(
        404, "nothing is known of such a picture; 'deeper serve --data' tells of a data set's"));
  }
  AnswerFromDisk(respond, [truth = options_.truth, place = *place, record = request.body] {
    return HttpResponse{.body = truth->Compare(place, record) + "\n"};
  });
}

void Service::AllAnnotations(const HttpRequest& request, const Respond& respond) {
  if (!options_.annotations) return respond(NoAnnotations());
  AnswerFromDisk(respond, [&store = *options_.annotations, format = FormatOf(request)] {
    return FileOfLabels(store.All(), format);
  });
}

void Service::Annotations(const HttpRequest& request, const Respond& respond) {
  if (!options_.annotations) return respond(NoAnnotations());
  const AnnotationStore& store = *options_.annotations;
  const std::string id = RestOf(request, "/annotations/");
  if (request.method != "PUT") {
    return AnswerFromDisk(respond, [&store, id] {
      const std::optional<std::string> kept = store.Load(id);
      return kept ? HttpResponse{.body = *kept + "\n"}
                  : ErrorResponse(404, "no annotation of '" + id + "' is kept");
    });
  }
  AnswerFromDisk(respond, [&store, id, request] {
    std::string json;
    FormPart picture;
    for (const FormPart& part : ParseMultipart(request.Header("content-type"), request.body)) {
      if (part.name == "annotations") json = part.content;
      if (part.name == "picture") picture = part;
    }
    if (json.empty()) throw UsageError("expected a form with 'annotations', found none");
    store.Save(id, json, picture.content, picture.file_name);
    return HttpResponse{.body = "{\"status\":\"saved\"}\n"};
  });
}

}  // namespace deeper::tools
