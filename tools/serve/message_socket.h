#pragma once

#include <optional>
#include <string>
#include <vector>

namespace deeper::tools {

// Texts of any bytes, sent together through a stream socket between processes of this program.
using Message = std::vector<std::string>;

// Returns false where the other side has gone. Throws no signal.
bool SendMessage(int socket, const Message& message);

enum class Received { kMessage, kGone, kTooLate };

// Waits for a message, for so many seconds at most; 0: for ever. What was received of a message
// that came too late is lost, so the socket is of no use then.
Received ReceiveMessage(int socket, double time_limit_s, Message& message);

}  // namespace deeper::tools
