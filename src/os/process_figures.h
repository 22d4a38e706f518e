// What the system says of this process, from /proc/self (proc(5)).

#pragma once

namespace sessiond {

/// A plain value. What cannot be read is 0.
struct ProcessFigures {
  double cpu_seconds = 0;  ///< user and system
  double resident_bytes = 0;
  double virtual_bytes = 0;
  double open_files = 0;
  double most_open_files = 0;  ///< the limit in force
};

/// Reads a few files.
ProcessFigures processFigures();

/// When it was started, in seconds since 1970, by the clock of now: to be asked once, or a clock that is set moves it.
double processStart();

}  // namespace sessiond
