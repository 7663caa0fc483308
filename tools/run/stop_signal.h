#pragma once

#include "tools/options/exit_status.h"

namespace deeper::tools {

// From now on SIGINT and SIGTERM end the process with kInterrupted or kTerminated, whatever it
// does. No half-written file is left. Within an OrderlyStop the first signal only asks to stop,
// and stderr says so at once; a second one ends the process. Call once, from main(), before there
// are other threads.
void WatchForStop();

// Work that ends by itself when StopAsked(), in a state from which it goes on, for as long as this
// object lives. It has some seconds for that after the signal; then the process ends all the same.
class OrderlyStop {
 public:
  OrderlyStop();
  OrderlyStop(const OrderlyStop&) = delete;
  OrderlyStop& operator=(const OrderlyStop&) = delete;
  ~OrderlyStop();
};

// The signal that asked to stop, 0 when none did. Any thread.
int StopSignal();
inline bool StopAsked() { return StopSignal() != 0; }

// kInterrupted or kTerminated. Expects StopAsked().
ExitStatus StopStatus();

}  // namespace deeper::tools
