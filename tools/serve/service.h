#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tools/serve/annotation_store.h"
#include "tools/serve/http_message.h"
#include "tools/serve/metrics.h"
#include "tools/serve/picture_list.h"
#include "tools/serve/request_guard.h"
#include "tools/serve/serial_thread.h"
#include "tools/serve/truth.h"
#include "tools/serve/work_queue.h"

namespace deeper::tools {

// What the routes need besides the queue.
struct ServiceOptions {
  GuardOptions guard;
  std::string model_json;                         // what GET /model answers, a line
  std::function<std::size_t()> connections = {};  // that are open
  std::function<std::size_t()> restarts = {};     // of workers
  PictureList pictures = {};
  std::optional<AnnotationStore> annotations = std::nullopt;
  std::shared_ptr<const Truth> truth = nullptr;  // of the pictures
};

// The routes of 'deeper serve', without a socket: docs/serve.md lists them. Safe from several
// threads.
class Service {
 public:
  // `queue` must outlive this.
  Service(WorkQueue& queue, ServiceOptions options);

  // For a server. This must outlive it, but for its destruction.
  HttpHandler Handler();

 private:
  struct Route;
  static const Route kRoutes[];
  static const Route* RouteOf(const std::string& path);

  std::optional<HttpResponse> Refuse(const HttpRequest& head);
  void Answer(HttpRequest request, Respond respond);

  void Health(const HttpRequest& request, const Respond& respond);
  void ModelFacts(const HttpRequest& request, const Respond& respond);
  void MetricsText(const HttpRequest& request, const Respond& respond);
  void Description(const HttpRequest& request, const Respond& respond);
  void Detect(const HttpRequest& request, const Respond& respond);
  void DetectSeveral(const HttpRequest& request, const Respond& respond);
  void Explain(const HttpRequest& request, const Respond& respond);
  void Convert(const HttpRequest& request, const Respond& respond);
  void Pictures(const HttpRequest& request, const Respond& respond);
  void OnePicture(const HttpRequest& request, const Respond& respond);
  void CompareWithTruth(const HttpRequest& request, const Respond& respond);
  void AllAnnotations(const HttpRequest& request, const Respond& respond);
  void Annotations(const HttpRequest& request, const Respond& respond);

  // Work on one picture that the whole body is.
  void Add(PictureJob job, const Respond& respond);
  // Answers with what `work` returns, from the thread that waits for disks.
  void AnswerFromDisk(const Respond& respond, std::function<HttpResponse()> work);
  HttpResponse QueueFull() const;

  WorkQueue& queue_;
  ServiceOptions options_;
  Metrics metrics_;
  SerialThread disk_;
};

}  // namespace deeper::tools
