// What systemd and the daemon tell each other: sd_notify(3) out, passed sockets and the watchdog's interval in.
//
// Started by anything else, nothing is told and nothing is passed; every function here then does nothing.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "base/unique_fd.h"

namespace sessiond {

/// The name that systemd/sessiond.socket gives its socket (FileDescriptorName=).
inline constexpr std::string_view kListeningSocketName = "fastcgi";

/// The listening socket that systemd has passed; an empty one when it has passed none. An error is a wrong unit: more
/// than one socket, another name, or something that is no listening stream socket. Changes the environment, so that
/// no child takes the socket for its own. REQUIRES: called once, before there are threads.
Expected<UniqueFd, std::string> takeListeningSocket();

/// How often the daemon must say that it lives (WatchdogSec=); absent: never. Send twice as often.
std::optional<std::chrono::microseconds> watchdogInterval();

/// Ready to serve, at start and after a reload. `status` is what `systemctl status` shows: one line.
void notifyReady(std::string_view status);
/// A reload begins; notifyReady() ends it. systemd wants to know when it began, on the monotonic clock.
void notifyReloading();
/// The end is near, in `longest` at most: systemd waits for so long, whatever TimeoutStopSec= of the unit says.
void notifyStopping(std::string_view status, std::chrono::microseconds longest);
void notifyWatchdog();

}  // namespace sessiond
