// The streams that a program has from whoever starts it, and may lack: what is written to standard output is an answer
// only if it has arrived.

#pragma once

namespace sessiond {

/// Takes the places of those that are closed: the next file or connection that is opened would come to stand there, and
/// what is printed would go into it. What is written to such a place fails. REQUIRES: nothing is open yet.
void occupyStandardStreams();

/// Has all that was printed to standard output been taken? False on a full disk, or where nobody has opened it.
bool isOutputTaken();

}  // namespace sessiond
