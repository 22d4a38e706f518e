// Threads that can be told apart (in top, gdb, perf) and that no signal is delivered to: the main thread takes all
// signals through a signalfd.

#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>

namespace sessiond {

/// Starts `body` on a thread of that name (at most 15 characters, the kernel's limit). Throws std::system_error when
/// the system has no thread to give.
std::jthread startThread(const std::string& name, std::function<void()> body);
/// The same for one that looks whether it is to stop.
std::jthread startThread(const std::string& name, std::function<void(const std::stop_token&)> body);

/// Until `time` has passed, or a stop is asked for. Needs no memory.
void sleepFor(std::chrono::milliseconds time, const std::stop_token& stop);

}  // namespace sessiond
