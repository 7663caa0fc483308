#include "tools/serve/message_socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>

#include "core/work/stopwatch.h"

namespace deeper::tools {

namespace {

// Beyond these the other side is not ours.
constexpr std::uint64_t kMostTexts = 10'000;
constexpr std::uint64_t kMostBytes = std::uint64_t{2} << 30U;

using Number = std::array<char, sizeof(std::uint64_t)>;

Number BytesOf(std::uint64_t value) {
  Number bytes{};
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

bool SendAll(int socket, std::span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

class Receiver {
 public:
  Receiver(int socket, double time_limit_s) : socket_(socket), limit_s_(time_limit_s) {}

  Received Receive(std::span<char> bytes) const {
    while (!bytes.empty()) {
      pollfd wait{.fd = socket_, .events = POLLIN, .revents = 0};
      const int ready = poll(&wait, 1, LeftMilliseconds());
      if (ready == 0) return Received::kTooLate;
      if (ready < 0 && errno == EINTR) continue;
      const ssize_t got = recv(socket_, bytes.data(), bytes.size(), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return Received::kGone;
      bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
    return Received::kMessage;
  }
  Received Receive(std::uint64_t& value) const {
    Number bytes{};
    const Received received = Receive(std::span<char>(bytes));
    std::memcpy(&value, bytes.data(), sizeof value);
    return received;
  }

 private:
  int LeftMilliseconds() const {
    if (limit_s_ <= 0) return -1;
    constexpr double kLongest = 1e9;
    return static_cast<int>(
        std::clamp(std::ceil(1000 * (limit_s_ - watch_.Seconds())), 0.0, kLongest));
  }

  int socket_;
  double limit_s_;
  Stopwatch watch_;
};

}  // namespace

bool SendMessage(int socket, const Message& message) {
  if (!SendAll(socket, BytesOf(message.size()))) return false;
  return std::ranges::all_of(message, [&](const std::string& text) {
    return SendAll(socket, BytesOf(text.size())) && SendAll(socket, text);
  });
}

Received ReceiveMessage(int socket, double time_limit_s, Message& message) {
  const Receiver receiver(socket, time_limit_s);
  std::uint64_t texts = 0;
  Received received = receiver.Receive(texts);
  if (received != Received::kMessage) return received;
  if (texts > kMostTexts) return Received::kGone;
  message.assign(texts, {});
  for (std::string& text : message) {
    std::uint64_t bytes = 0;
    received = receiver.Receive(bytes);
    if (received != Received::kMessage) return received;
    if (bytes > kMostBytes) return Received::kGone;
    text.resize(bytes);
    received = receiver.Receive(std::span<char>(text));
    if (received != Received::kMessage) return received;
  }
  return Received::kMessage;
}

}  // namespace deeper::tools
