#include "tools/serve/http_server.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/text/lower.h"
#include "tools/serve/request_target.h"

namespace deeper::tools {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::uint32_t kMaxHeadBytes = 16U << 10U;
constexpr std::chrono::milliseconds kLook{100};
// What a client that is told to go away has to read that, while what it still sends is dropped.
constexpr std::chrono::seconds kLinger{2};

class Session;

// Room for the connections' descriptors, as far as the process may take it.
void RaiseFileLimit(std::size_t connections) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = connections + 256;
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

struct HttpServer::State {
  State(const HttpServerOptions& wanted, HttpHandler handles)
      : options(wanted), handler(std::move(handles)), acceptor(context), look(context) {}

  void Accept();
  void Look(const std::function<bool()>& stop_asked);
  std::chrono::steady_clock::duration ClientLimit() const {
    return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
        std::chrono::duration<double>(options.client_time_limit_s));
  }

  HttpServerOptions options;
  HttpHandler handler;
  asio::io_context context{1};
  Tcp::acceptor acceptor;
  asio::steady_timer look;
  std::set<Session*> sessions;
  std::atomic<std::size_t> connections = 0;
  std::uint64_t bodies_bytes = 0;  // that requests under way have or may send
  bool is_accepting = true;
  bool is_stopping = false;
};

namespace {

// A connection. Touched by the thread of the server alone.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(HttpServer::State& server, Tcp::socket socket)
      : server_(server), stream_(std::move(socket)) {
    server_.sessions.insert(this);
    ++server_.connections;
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    GiveBackBody();
    server_.sessions.erase(this);
    --server_.connections;
  }

  void ReadHead() {
    parser_.emplace();
    parser_->header_limit(kMaxHeadBytes);
    parser_->body_limit(server_.options.max_body_bytes);
    is_waiting_ = true;
    stream_.expires_after(server_.ClientLimit());
    http::async_read_header(
        stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t) {
          self->OnHead(error);
        });
  }

  // Ends a connection on which no request is under way.
  void EndWhereWaiting() {
    if (is_waiting_) stream_.close();
  }

 private:
  void OnHead(error_code error) {
    is_waiting_ = false;
    if (error) {
      if (error == http::error::header_limit) {
        return Fail(431, fmt::format("expected a head of at most {} bytes", kMaxHeadBytes));
      }
      if (error == http::error::body_limit) return FailOnBody();
      if (error.category() == http::make_error_code(http::error::end_of_stream).category() &&
          error != http::error::end_of_stream && error != http::error::partial_message) {
        return Fail(400, "expected an HTTP/1.1 request: " + error.message());
      }
      return;
    }
    if (!TakeHead()) return Fail(400, "expected a path such as /detect?min-score=0.3");
    if (std::optional<HttpResponse> refusal = server_.handler.refuse(request_)) {
      return Send(*std::move(refusal), !parser_->is_done());
    }
    const std::uint64_t bytes = BodyBytes();
    if (server_.bodies_bytes + bytes > server_.options.max_bodies_bytes) {
      return Fail(503, "too many bytes are under way; try again later");
    }
    server_.bodies_bytes += bytes;
    body_bytes_ = bytes;
    if (Lower(request_.Header("expect")) == "100-continue") return TellToContinue();
    ReadBody();
  }

  // What the body may take: as much as it says, or as much as is allowed.
  std::uint64_t BodyBytes() const {
    if (parser_->is_done()) return 0;
    const auto length = parser_->content_length();
    return length ? *length : server_.options.max_body_bytes;
  }

  void GiveBackBody() {
    server_.bodies_bytes -= body_bytes_;
    body_bytes_ = 0;
  }

  // Returns false for a target that is none.
  bool TakeHead() {
    const auto& head = parser_->get();
    const beast::string_view target = head.target();
    std::optional<RequestTarget> parsed = ParseTarget({target.data(), target.size()});
    request_ = {};
    if (!parsed) return false;
    request_.method = std::string(head.method_string());
    request_.path = std::move(parsed->path);
    request_.query = std::move(parsed->query);
    for (const auto& field : head) {
      request_.headers.emplace(Lower(std::string(field.name_string())), std::string(field.value()));
    }
    return true;
  }

  void TellToContinue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    stream_.expires_after(server_.ClientLimit());
    asio::async_write(stream_,
                      asio::buffer(kContinue.data(), kContinue.size()),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (!error) self->ReadBody();
                      });
  }

  void ReadBody() {
    stream_.expires_after(server_.ClientLimit());
    http::async_read(
        stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t) {
          self->OnBody(error);
        });
  }

  void OnBody(error_code error) {
    if (error == http::error::body_limit) return FailOnBody();
    if (error) return;
    stream_.expires_never();
    request_.body = std::move(parser_->get().body());
    // The answer takes the session back to the server's thread, where alone it may end, even if
    // copies of `respond` live on. Run() does not return while the guard lives.
    struct UnderWay {
      std::shared_ptr<Session> session;
      asio::executor_work_guard<beast::tcp_stream::executor_type> guard;
    };
    const auto under_way = std::make_shared<std::optional<UnderWay>>(
        UnderWay{shared_from_this(), asio::make_work_guard(stream_.get_executor())});
    server_.handler.answer(std::move(request_), [under_way](HttpResponse response) {
      Expects(under_way->has_value(), "one answer to a request");
      UnderWay taken = *std::exchange(*under_way, std::nullopt);
      const auto executor = taken.guard.get_executor();
      asio::post(executor, [taken = std::move(taken), response = std::move(response)]() mutable {
        taken.session->Send(std::move(response), false);
      });
    });
  }

  void FailOnBody() {
    Fail(413, fmt::format("expected a body of at most {} bytes", server_.options.max_body_bytes));
  }

  void Fail(int status, const std::string& reason) {
    Send(server_.handler.fail(status, reason), true);
  }

  // is_last: the connection ends with this answer.
  void Send(HttpResponse response, bool is_last) {
    const auto& head = parser_->get();
    const bool is_for_head = head.method() == http::verb::head;
    answer_ = {};
    answer_.result(static_cast<unsigned>(response.status));
    answer_.version(11);
    answer_.keep_alive(!is_last && !server_.is_stopping && head.keep_alive());
    answer_.set(http::field::content_type, response.content_type);
    for (const auto& [name, value] : response.headers) answer_.set(name, value);
    const std::size_t length = response.body.size();
    if (!is_for_head) answer_.body() = std::move(response.body);
    answer_.content_length(length);
    stream_.expires_after(server_.ClientLimit());
    http::async_write(stream_, answer_, [self = shared_from_this()](error_code error, std::size_t) {
      self->OnSent(error);
    });
  }

  void OnSent(error_code error) {
    const bool goes_on = answer_.keep_alive() && !server_.is_stopping;
    answer_ = {};
    GiveBackBody();
    if (error) return;
    if (goes_on) return ReadHead();
    stream_.socket().shutdown(Tcp::socket::shutdown_send, error);
    if (error) return;
    stream_.expires_after(kLinger);
    DropRest();
  }

  // Closed with bytes unread, the connection would be reset, and the client might lose the answer.
  void DropRest() {
    buffer_.clear();
    buffer_.shrink_to_fit();
    stream_.async_read_some(asio::buffer(dropped_),
                            [self = shared_from_this()](error_code error, std::size_t) {
                              if (!error) self->DropRest();
                            });
  }

  HttpServer::State& server_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::array<char, 1024> dropped_{};
  std::optional<http::request_parser<http::string_body>> parser_;
  HttpRequest request_;
  http::response<http::string_body> answer_;
  std::uint64_t body_bytes_ = 0;
  bool is_waiting_ = false;
};

// Tells a connection that is one too many.
void TurnAway(Tcp::socket socket) {
  static constexpr std::string_view kAnswer =
      "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Type: application/json\r\n"
      "Content-Length: 59\r\nConnection: close\r\n\r\n"
      "{\"error\":\"too many connections; try later\",\"status\":503}  \n";
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(kAnswer.data(), kAnswer.size()), ignored);
}

}  // namespace

void HttpServer::State::Accept() {
  acceptor.async_accept([this](error_code error, Tcp::socket socket) {
    if (is_stopping) return;
    if (!error && sessions.size() >= options.max_connections) {
      TurnAway(std::move(socket));
    } else if (!error) {
      std::make_shared<Session>(*this, std::move(socket))->ReadHead();
    }
    // Without descriptors or memory every try fails at once: Look() tries again.
    is_accepting = !error;
    if (is_accepting) Accept();
  });
}

void HttpServer::State::Look(const std::function<bool()>& stop_asked) {
  if (stop_asked()) {
    is_stopping = true;
    error_code ignored;
    acceptor.close(ignored);
    const std::set<Session*> all = sessions;
    for (Session* session : all) session->EndWhereWaiting();
    return;
  }
  if (!std::exchange(is_accepting, true)) Accept();
  look.expires_after(kLook);
  look.async_wait([this, &stop_asked](error_code error) {
    if (!error) Look(stop_asked);
  });
}

HttpServer::HttpServer(const HttpServerOptions& options, HttpHandler handler)
    : state_(std::make_unique<State>(options, std::move(handler))) {
  RaiseFileLimit(options.max_connections);
  const std::string where = fmt::format("{} port {}", options.address, options.port);
  error_code error;
  const asio::ip::address address = asio::ip::make_address(options.address, error);
  if (error) {
    throw Error(fmt::format("address '{}': expected one such as 127.0.0.1, ::1 or 0.0.0.0",
                            options.address));
  }
  const Tcp::endpoint endpoint(address, static_cast<std::uint16_t>(options.port));
  Tcp::acceptor& acceptor = state_->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    throw Error(where + ": cannot be listened at: " + error.message() +
                "; name another port, or 0 for one that is free");
  }
}

HttpServer::~HttpServer() = default;

int HttpServer::port() const { return state_->acceptor.local_endpoint().port(); }

std::string HttpServer::Url() const {
  const bool is_v6 = state_->options.address.find(':') != std::string::npos;
  const std::string& address = state_->options.address;
  return fmt::format("http://{}:{}/", is_v6 ? "[" + address + "]" : address, port());
}

void HttpServer::Run(const std::function<bool()>& stop_asked) {
  state_->Accept();
  state_->Look(stop_asked);
  state_->context.run();
}

const std::atomic<std::size_t>& HttpServer::connections() const { return state_->connections; }

}  // namespace deeper::tools
