// A thread that has little to do each time, and for whom others wait: it gets the processor soon after it wakes, also
// where every processor is busy.

#pragma once

namespace sessiond {

/// The calling thread asks the scheduler for short turns (sched_setattr(2), sched_runtime of SCHED_OTHER): whoever
/// wants little at a time comes before those who want much, with no greater share in all, and so without any privilege.
/// False: it stays as it was, be it that a filter of system calls forbids it, or that the process was begun with a
/// policy other than SCHED_OTHER; that is no error, only slower. Kernels before Linux 6.12 know of no such wish and do
/// nothing.
bool takeShortTurns();

/// Takes that back: the calling thread's turns are as long as everybody's. False, as above: it stays as it was.
bool takeUsualTurns();

}  // namespace sessiond
