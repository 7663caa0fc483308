#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "tools/serve/http_message.h"

namespace deeper::tools {

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  int port = 8080;                               // 0: one that is free
  std::uint64_t max_body_bytes = 64U << 20U;     // of a request
  std::uint64_t max_bodies_bytes = 512U << 20U;  // of all requests under way together
  std::size_t max_connections = 2000;            // further ones are told to come back
  // In which a client must send a request's head, then its body, then take the answer; also how
  // long a connection may be idle.
  double client_time_limit_s = 30;
};

// HTTP/1.1 over TCP, by Boost.Beast. All connections are served by the thread in Run(), so idle and
// slow ones cost memory alone (a few kB each).
class HttpServer {
 public:
  // Binds the address and listens. Throws Error where that is not possible.
  HttpServer(const HttpServerOptions& options, HttpHandler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  int port() const;
  // "http://127.0.0.1:8080/"
  std::string Url() const;

  // Serves until stop_asked(), which is looked at ten times a second. It then takes no new
  // connection, lets those end whose request is under way, and returns: every Respond has been
  // called then. The threads that called them must have ended when this is destroyed.
  void Run(const std::function<bool()>& stop_asked);

  // Connections that are open. From any thread.
  const std::atomic<std::size_t>& connections() const;

  struct State;  // of this file alone

 private:
  std::unique_ptr<State> state_;
};

}  // namespace deeper::tools
