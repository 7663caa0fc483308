#include "tools/serve/metrics.h"

#include <fmt/format.h>

#include <iterator>

namespace deeper::tools {

namespace {

void Describe(std::string& text, const char* name, const char* kind, const char* help) {
  text += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, kind);
}

void AddGauge(std::string& text, const char* name, const char* help, std::size_t value) {
  Describe(text, name, "gauge", help);
  text += fmt::format("{} {}\n", name, value);
}

}  // namespace

void Metrics::CountRequest(const std::string& route, int status, double seconds) {
  const std::lock_guard lock(mutex_);
  ++requests_[{route, status}];
  request_seconds_[route] += seconds;
}

void Metrics::CountPicture(int status, const StageTimes& times) {
  const std::lock_guard lock(mutex_);
  ++pictures_[status];
  times_ += times;
}

std::string Metrics::Text(const ServerState& state) const {
  const std::lock_guard lock(mutex_);
  std::string text;
  Describe(text, "deeper_requests_total", "counter", "Requests answered, by route and status.");
  for (const auto& [key, count] : requests_) {
    text += fmt::format(
        "deeper_requests_total{{route=\"{}\",status=\"{}\"}} {}\n", key.first, key.second, count);
  }
  Describe(text,
           "deeper_request_seconds_total",
           "counter",
           "Seconds from a request's last byte to its answer, by route.");
  for (const auto& [route, seconds] : request_seconds_) {
    text += fmt::format("deeper_request_seconds_total{{route=\"{}\"}} {:.6f}\n", route, seconds);
  }
  Describe(text, "deeper_pictures_total", "counter", "Pictures worked on, by status.");
  for (const auto& [status, count] : pictures_) {
    text += fmt::format("deeper_pictures_total{{status=\"{}\"}} {}\n", status, count);
  }
  Describe(text, "deeper_stage_seconds_total", "counter", "Seconds of one core, by stage.");
  for (const auto& [stage, seconds] : {std::pair{"decode", times_.decode_s},
                                       std::pair{"proposals", times_.proposals_s},
                                       std::pair{"crops", times_.crop_s},
                                       std::pair{"network", times_.network_s},
                                       std::pair{"heads", times_.heads_s}}) {
    text += fmt::format("deeper_stage_seconds_total{{stage=\"{}\"}} {:.6f}\n", stage, seconds);
  }
  Describe(text,
           "deeper_worker_restarts_total",
           "counter",
           "Workers begun anew because a picture ended them.");
  text += fmt::format("deeper_worker_restarts_total {}\n", state.restarts);
  AddGauge(text, "deeper_queue_pictures", "Pictures that wait for a worker.", state.waiting);
  AddGauge(text, "deeper_queue_capacity", "Pictures that may wait.", state.capacity);
  AddGauge(text, "deeper_pictures_under_way", "Pictures worked on now.", state.under_way);
  AddGauge(text, "deeper_workers", "Pictures worked on at once at most.", state.workers);
  AddGauge(text, "deeper_connections", "Connections that are open.", state.connections);
  return text;
}

}  // namespace deeper::tools
