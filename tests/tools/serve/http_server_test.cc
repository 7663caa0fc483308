// The server over real sockets.
#include "tools/serve/http_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper::tools {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

class Client {
 public:
  explicit Client(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    REQUIRE(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { close(fd_); }

  void Send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // Reads until the text ends so, or the server closes the connection.
  std::string ReadTo(std::string_view end) const {
    std::string text;
    char c = 0;
    while (!text.ends_with(end) && recv(fd_, &c, 1, 0) == 1) text += c;
    return text;
  }
  std::string ReadAll() const { return ReadTo(std::string_view("\0\0", 2)); }

 private:
  int fd_;
};

// A server that answers with what it was asked.
class Serving {
 public:
  explicit Serving(HttpServerOptions options = {}) : server_(AtFreePort(options), Handler()) {
    thread_ = std::jthread([this] { server_.Run([this] { return is_ending_.load(); }); });
  }
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;
  ~Serving() { End(); }

  void End() {
    is_ending_ = true;
    if (thread_.joinable()) thread_.join();
  }
  int port() const { return server_.port(); }
  const HttpServer& server() const { return server_; }
  // What "/wait" waits for.
  std::atomic<bool> may_answer = false;
  std::atomic<int> waiting = 0;

 private:
  static HttpServerOptions AtFreePort(HttpServerOptions options) {
    options.port = 0;
    return options;
  }
  HttpHandler Handler() {
    return {.refuse = [](const HttpRequest& head) -> std::optional<HttpResponse> {
              if (head.path != "/refused") return std::nullopt;
              return ErrorResponse(503, "refused");
            },
            .answer =
                [this](const HttpRequest& request, const Respond& respond) {
                  HttpResponse response{.content_type = "text/plain",
                                        .body = request.method + " " + request.path + " " +
                                                request.Header("x-word") + " " + request.body +
                                                "\n"};
                  if (request.path != "/wait") return respond(response);
                  ++waiting;
                  later_.emplace_back([this, respond, response] {
                    while (!may_answer) std::this_thread::yield();
                    respond(response);
                  });
                },
            .fail = ErrorResponse};
  }

  std::atomic<bool> is_ending_ = false;
  HttpServer server_;
  std::vector<std::jthread> later_;
  std::jthread thread_;
};

TEST_CASE("requests of one connection are answered one after the other") {
  const Serving serving;
  const Client client(serving.port());
  client.Send("GET /a?b=1 HTTP/1.1\r\nHost: x\r\nX-Word: hello\r\n\r\n");
  const std::string first = client.ReadTo("hello \n");
  CHECK_THAT(first, StartsWith("HTTP/1.1 200 OK\r\n"));
  CHECK_THAT(first, Contains("Content-Type: text/plain\r\n"));
  client.Send("POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody");
  CHECK_THAT(client.ReadAll(), Contains("POST /c  body\n"));
}

TEST_CASE("a body in chunks arrives whole, and a client that asks is told to go on") {
  const Serving serving;
  const Client client(serving.port());
  client.Send(
      "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: "
      "100-continue\r\nConnection: close\r\n\r\n");
  CHECK(client.ReadTo("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n");
  CHECK_THAT(client.ReadAll(), Contains("POST /c  abcde\n"));
}

TEST_CASE("HEAD has the answer's head alone") {
  const Serving serving;
  const Client client(serving.port());
  client.Send("HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answer = client.ReadAll();
  CHECK_THAT(answer, Contains("Content-Length: 10\r\n"));
  CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("what is no HTTP, or too large, is refused with the reason") {
  const Serving serving({.max_body_bytes = 1000});
  const auto answer = [&](const std::string& text) {
    const Client client(serving.port());
    client.Send(text);
    return client.ReadAll();
  };
  CHECK_THAT(answer("hello\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  CHECK_THAT(answer("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  CHECK_THAT(answer(fmt::format("GET /{:a>20000} HTTP/1.1\r\n\r\n", "")),
             StartsWith("HTTP/1.1 431 "));
  CHECK_THAT(answer("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"),
             StartsWith("HTTP/1.1 413 "));
  CHECK_THAT(answer(fmt::format("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "7d0\r\n{:a>2000}\r\n0\r\n\r\n",
                                "")),
             StartsWith("HTTP/1.1 413 "));
}

TEST_CASE("a request that its head refuses is answered before its body has come") {
  const Serving serving;
  const Client client(serving.port());
  client.Send("POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nthe beginning");
  CHECK_THAT(client.ReadAll(), StartsWith("HTTP/1.1 503 "));
}

TEST_CASE("bodies under way together are bounded") {
  Serving serving({.max_body_bytes = 100, .max_bodies_bytes = 150});
  const Client first(serving.port());
  first.Send("POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
  const Client second(serving.port());
  const std::string more = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 51\r\n";
  std::string answer;
  do {  // until the first head has been seen
    const Client client(serving.port());
    client.Send(more + "Connection: close\r\n\r\n" + std::string(51, 'a'));
    answer = client.ReadAll();
  } while (answer.starts_with("HTTP/1.1 200 "));
  CHECK_THAT(answer, StartsWith("HTTP/1.1 503 "));
  first.Send(std::string(100, 'b'));
  serving.may_answer = true;
  CHECK_THAT(first.ReadTo("b\n"), StartsWith("HTTP/1.1 200 "));
  second.Send(more + "\r\n" + std::string(51, 'a'));
  CHECK_THAT(second.ReadTo("a\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("a client that sends nothing, or slowly, loses its connection") {
  const Serving serving({.client_time_limit_s = 0.2});
  const Client silent(serving.port());
  const Client slow(serving.port());
  slow.Send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  CHECK(silent.ReadAll().empty());
  CHECK(slow.ReadAll().empty());
}

TEST_CASE("connections beyond the most are told to come back") {
  const Serving serving({.max_connections = 2});
  const Client first(serving.port());
  const Client second(serving.port());
  const Client third(serving.port());
  CHECK_THAT(third.ReadAll(), StartsWith("HTTP/1.1 503 "));
  first.Send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK_THAT(first.ReadTo("/a  \n"), StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("a server that is asked to end answers what is under way and then ends") {
  Serving serving;
  const Client idle(serving.port());
  const Client busy(serving.port());
  idle.Send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  idle.ReadTo("/a  \n");
  busy.Send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  while (serving.waiting == 0) std::this_thread::yield();
  std::jthread end([&] { serving.End(); });
  CHECK(idle.ReadAll().empty());
  serving.may_answer = true;
  const std::string answer = busy.ReadAll();
  CHECK_THAT(answer, Contains("GET /wait"));
  CHECK_THAT(answer, Contains("Connection: close\r\n"));
}

TEST_CASE("a port that is taken, and an address that is none, are errors") {
  const Serving serving;
  CHECK_THROWS_WITH(HttpServer({.port = serving.port()}, {}), Contains("name another port"));
  CHECK_THROWS_WITH(HttpServer({.address = "localhost"}, {}), Contains("expected one such as"));
}

}  // namespace
}  // namespace deeper::tools
