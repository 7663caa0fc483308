#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/text/json_line.h"
#include "eval/analysis/error_analysis.h"
#include "eval/evaluate.h"
#include "tools/input/data_source.h"
#include "tools/options/command_line.h"
#include "tools/options/detector_options.h"
#include "tools/options/exit_status.h"
#include "tools/options/model_defaults.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/options/reading_options.h"
#include "tools/options/suppression_options.h"
#include "tools/run/journaled_run.h"
#include "tools/run/stop_signal.h"
#include "tools/serve/http_server.h"
#include "tools/serve/picture_worker.h"
#include "tools/serve/service.h"
#include "tools/serve/truth.h"
#include "tools/serve/work_queue.h"
#include "tools/serve/worker_process.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

constexpr double kMegabyte = 1 << 20;

struct ServeArguments {
  std::vector<std::string> inputs;
  std::string images;
  std::string annotations;
  DataSource data;
  std::string metric;
  double min_iou = 0.5;
  DetectorArguments detector;
  HttpServerOptions server;
  GuardOptions guard;
  bool open_to_all = false;
  int queue = 64;
  double max_body_mb = 64;
  int max_connections = 2000;
  PictureWorkerOptions pictures;
  double picture_time_limit_s = 300;
  bool json = false;
};

bool ParseServe(const Arguments& words, ServeArguments& arguments) {
  CommandLine line(
      "serve",
      "A page to look, try and correct in, and HTTP for programs: pictures in, detections out.",
      {"deeper serve                                          # then open http://127.0.0.1:8080/",
       "deeper serve photos/ --annotations mine/              # look, correct, then: deeper train "
       "all --data mine",
       "deeper serve found/ --images photos/                  # what 'deeper detect --output "
       "found' found",
       "deeper serve --data voc:my-pictures --set test        # what is found beside what is true",
       "deeper serve --model mine.safetensors --port 9000",
       "curl --data-binary @photo.jpg 'http://127.0.0.1:8080/detect?min-score=0.3'",
       "curl -F a=@a.jpg -F b=@b.jpg http://127.0.0.1:8080/detect",
       "deeper serve --address 0.0.0.0 --token \"$(openssl rand -hex 16)\""});
  HttpServerOptions& server = arguments.server;
  PictureWorkerOptions& pictures = arguments.pictures;
  // clang-format off
  line.Group("Pictures of this machine").add_options()
      ("input", po::value(&arguments.inputs)->value_name("PATH"), "pictures or directories of them that the page begins with, or the results of 'deeper detect'; the word itself is enough")
      ("images", po::value(&arguments.images)->value_name("DIR"), "where the pictures of such results lie; without it their drawings are shown")
      ("annotations", po::value(&arguments.annotations)->value_name("DIR"), "keep boxes that are corrected in the page there, as a data set in VOC's layout, with their pictures");
  line.Group("Where").add_options()
      ("port", po::value(&server.port)->default_value(server.port)->value_name("N"), "0: one that is free; the first line says which")
      ("address", po::value(&server.address)->default_value(server.address)->value_name("IP"), "to listen at; another than this machine's own wants --token or --open-to-all")
      ("token", po::value(&arguments.guard.token)->value_name("WORD"), "requests must bring it: 'Authorization: Bearer WORD'; $DEEPER_OPTION_TOKEN keeps it out of the list of processes")
      ("open-to-all", po::bool_switch(&arguments.open_to_all), "let everyone who reaches the address ask, without a token")
      ("host", po::value(&arguments.guard.hosts)->value_name("NAME"), "a name by which this machine is asked, besides its addresses and localhost; the option again for more");
  auto& truth = line.Group("Truth");
  arguments.data.AddOptions(truth);
  truth.add_options()
      ("metric", po::value(&arguments.metric)->value_name("ilsvrc|voc07|voc12|coco"), "rules of matching; default: voc12, or the data set's own")
      ("iou", po::value(&arguments.min_iou)->default_value(arguments.min_iou)->value_name("IOU"), "overlap that a detection needs");
  arguments.detector.AddOptions(line.Group("Model"));
  auto& input = line.Group("Reading and scores");
  pictures.reading.AddOptions(input);
  input.add_options()
      ("min-score", po::value<float>()->notifier([&](float value) { pictures.detect.min_score = value; })->value_name("S"), "detections below are left out where a request does not say; default: the model's");
  pictures.detect.suppression.AddOptions(line.Group("From scores to detections, where a request does not say"));
  auto& work = line.Group("Work");
  arguments.detector.proposals.AddOptions(work);
  arguments.detector.run.AddOptions(work);
  AddPictureTimeLimit(work, arguments.picture_time_limit_s);
  work.add_options()
      ("queue", po::value(&arguments.queue)->default_value(arguments.queue)->value_name("N"), "pictures that may wait for a worker; further requests are told to come back")
      ("max-body-mb", po::value(&arguments.max_body_mb)->default_value(arguments.max_body_mb)->value_name("N"), "larger requests are refused; all under way together may have eight times as much")
      ("max-connections", po::value(&arguments.max_connections)->default_value(arguments.max_connections)->value_name("N"), "further ones are told to come back")
      ("client-time-limit", po::value(&server.client_time_limit_s)->default_value(server.client_time_limit_s)->value_name("S"), "seconds in which a client must have sent a request's head, then its body, then taken the answer")
      ("json", po::bool_switch(&arguments.json), "where it listens, as a JSON object on stdout");
  // clang-format on
  line.TakeWords("input", "[PATH...]");
  line.Restrict({{.options = "images", .with = "input"},
                 {.options = "set metric iou", .with = "data"},
                 DataSource::WithData()});
  line.Restrict(DetectorArguments::Restrictions());
  line.ShowDefaultsOf([&] { return DefaultsOf(arguments.detector); });
  if (!line.Parse(words)) return false;
  if (arguments.metric.empty()) arguments.metric = arguments.data.MatchingMetric();
  ProtocolFromName(arguments.metric);
  constexpr double kBackgroundIou = ErrorOptions().background_iou;
  if (arguments.min_iou <= kBackgroundIou || arguments.min_iou > 1) {
    throw UsageError(fmt::format(
        "--iou is {}, expected more than {}, up to 1", arguments.min_iou, kBackgroundIou));
  }
  CheckRange("port", server.port, 0, 65535);
  CheckRange("queue", arguments.queue, 1, 1e6);
  CheckRange("max-body-mb", arguments.max_body_mb, 0.001, 1024);
  CheckRange("max-connections", arguments.max_connections, 1, 1e6);
  CheckRange("client-time-limit", server.client_time_limit_s, 0.1, 86400);
  if (!IsLoopback(server.address) && arguments.guard.token.empty() && !arguments.open_to_all) {
    throw UsageError(
        fmt::format("--address {} lets other machines ask: give --token WORD, which they must "
                    "bring, or --open-to-all",
                    server.address));
  }
  server.max_body_bytes = static_cast<std::uint64_t>(arguments.max_body_mb * kMegabyte);
  server.max_bodies_bytes = 8 * server.max_body_bytes;
  server.max_connections = static_cast<std::size_t>(arguments.max_connections);
  CheckPictureTimeLimit(arguments.picture_time_limit_s);
  pictures.has_annotations = !arguments.annotations.empty();
  pictures.reading.Check();
  arguments.detector.Check();
  arguments.detector.run.Check();
  return true;
}

// Nothing without --data.
std::shared_ptr<const Truth> LoadTruth(const ServeArguments& arguments) {
  if (!arguments.data.Given()) return nullptr;
  LoadedData data = LoadData(arguments.data);
  return std::make_shared<const Truth>(
      std::move(data.dataset),
      EvaluationOptions{.protocol = ProtocolFromName(arguments.metric),
                        .min_iou = arguments.min_iou});
}

// A detector of a worker's own. What there is to say of it is said once.
PictureWork LoadWork(const ServeArguments& arguments, bool is_first) {
  if (!is_first) {
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nowhere, STDERR_FILENO);
  }
  const auto detector = std::make_shared<Detector>(arguments.detector.Load());
  const PictureWork work = WorkOf(*detector, arguments.pictures);
  return [detector, work](const PictureJob& job) { return work(job); };
}

}  // namespace

int RunServe(const Arguments& words) {
  ServeArguments arguments;
  if (!ParseServe(words, arguments)) return kDone;
  Nursery nursery([&](bool is_first) { return LoadWork(arguments, is_first); });
  const std::shared_ptr<const Truth> truth = LoadTruth(arguments);
  const PictureList pictures(
      arguments.inputs, arguments.images, truth ? &truth->dataset() : nullptr);
  std::atomic<std::size_t> restarts = 0;
  const auto begin_worker = [&] {
    return std::make_shared<WorkerProcess>(nursery, arguments.picture_time_limit_s, restarts);
  };
  // The first worker tells what the model is, before anybody is served.
  std::shared_ptr<WorkerProcess> first = begin_worker();
  const PictureOutcome model = first->Do({.id = {}, .file = {}, .options = {}, .asks_model = true});
  if (model.status == 400) throw UsageError(model.error);
  if (!model.error.empty()) throw Error(model.error);

  std::optional<HttpServer> server;  // outlives the queue's threads, which answer through it
  std::mutex taking;
  WorkQueue queue(arguments.detector.run.workers,
                  static_cast<std::size_t>(arguments.queue),
                  [&]() -> PictureWork {
                    const std::lock_guard lock(taking);
                    const auto worker = first ? std::exchange(first, nullptr) : begin_worker();
                    return [worker](const PictureJob& job) { return worker->Do(job); };
                  });
  Service service(queue,
                  {.guard = arguments.guard,
                   .model_json = model.json,
                   .connections = [&server] { return server->connections().load(); },
                   .restarts = [&restarts] { return restarts.load(); },
                   .pictures = pictures,
                   .annotations = arguments.annotations.empty()
                                      ? std::nullopt
                                      : std::optional(AnnotationStore(arguments.annotations)),
                   .truth = truth});
  server.emplace(arguments.server, service.Handler());
  const OrderlyStop orderly;
  fmt::print(stderr, "serving at {}; Ctrl-C stops\n", server->Url());
  if (arguments.json) {
    fmt::print("{}\n",
               LineOf({{"url", server->Url()},
                       {"address", arguments.server.address},
                       {"port", server->port()}}));
    std::fflush(stdout);
  }
  server->Run(StopAsked);
  return kDone;
}

}  // namespace deeper::tools
