// The streams that a program has from whoever starts it, and may lack: what is written to standard output is an answer
// only if it has arrived.

#pragma once

namespace sessiond {

/// Takes the places of those that are closed: the next file or connection that is opened would come to stand there, and
/// what is printed would go into it. What is written to such a place fails. REQUIRES: nothing is open yet.
void occupyStandardStreams();

/// The last thing that a program does: `code` is its exit code, unless not all that was printed to standard output was
/// taken, as on a full disk, or where nobody has opened it; then that is said in `loss`, a line for standard error, and
/// the code is EX_IOERR.
int exitCodeOnceWritten(int code, const char* loss);

}  // namespace sessiond
