#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "detector/regions/features.h"

namespace deeper::tools {

// What a server is doing at the moment of asking.
struct ServerState {
  std::size_t waiting = 0;    // pictures in the queue
  std::size_t capacity = 0;   // that it holds
  std::size_t under_way = 0;  // pictures that are worked on
  std::size_t workers = 0;
  std::size_t connections = 0;
  std::size_t restarts = 0;  // of workers that a picture ended
};

// Counts since the start, for Prometheus. Safe from several threads.
class Metrics {
 public:
  // route: one of the server's own, never a path that a client made up.
  void CountRequest(const std::string& route, int status, double seconds);
  void CountPicture(int status, const StageTimes& times);

  // The text exposition format, version 0.0.4.
  std::string Text(const ServerState& state) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, std::size_t> requests_;
  std::map<std::string, double> request_seconds_;  // by route
  std::map<int, std::size_t> pictures_;            // by status
  StageTimes times_;
};

}  // namespace deeper::tools
