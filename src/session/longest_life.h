// How long anything lives at most, whatever an application or a client says.

#pragma once

#include <chrono>

namespace sessiond {

/// Of a cookie, and of what has no end or none that can be told: no browser keeps one longer (RFC 6265bis §5.5).
inline constexpr std::chrono::days kLongestCookieLife{400};

/// Of a key: what overflows when it is added to the time of day makes the server refuse a command. As good as for ever.
inline constexpr std::chrono::seconds kLongestKeyLife = std::chrono::years(100);

}  // namespace sessiond
