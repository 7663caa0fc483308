#pragma once

#include "tools/options/exit_status.h"

namespace deeper::tools {

// From now on SIGINT and SIGTERM ask the running work to stop after the pictures under way; a
// second one ends the process at once. Call once, from main().
void WatchForStop();

// The signal that asked to stop, 0 when none did. Any thread.
int StopSignal();
inline bool StopAsked() { return StopSignal() != 0; }

// kInterrupted or kTerminated. Expects StopAsked().
ExitStatus StopStatus();

}  // namespace deeper::tools
