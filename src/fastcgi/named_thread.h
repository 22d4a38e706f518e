// Threads that can be told apart (in top, gdb, perf) and that no signal is delivered to: the main thread takes all
// signals through a signalfd.

#pragma once

#include <functional>
#include <string>
#include <thread>

namespace sessiond {

/// Starts `body` on a thread of that name (at most 15 characters, the kernel's limit). Throws std::system_error when
/// the system has no thread to give.
std::jthread startThread(const std::string& name, std::function<void()> body);

/// The calling thread runs from now on when no other of the machine wants to (setpriority(2); Linux has it for each
/// thread). Where that is forbidden, says so in the log, once, and leaves the thread as it is.
void yieldToOtherThreads();

}  // namespace sessiond
