// libcurl copies what it sends, a password among it, into memory of its own; here that is wiped when libcurl gives it
// back.

#pragma once

namespace sessiond {

/// Before any handle of libcurl is made. Any number of times, from any thread.
void prepareCurl();

}  // namespace sessiond
