#pragma once

#include <optional>
#include <string>

namespace deeper::tools {

// Call once, from main(), before there are other threads. From then on
//   no file of ours takes the number of a standard stream that is closed;
//   messages that stderr does not take, as on a full disk, are dropped: they end no work.
void PrepareStandardStreams();

// Writes what stdout holds back, and closes it. Returns why not everything that was printed has
// reached it; nothing where it has.
std::optional<std::string> FinishStandardOutput();

}  // namespace deeper::tools
