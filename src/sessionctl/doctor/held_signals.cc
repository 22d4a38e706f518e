#include "sessionctl/doctor/held_signals.h"

#include <csignal>
#include <cstddef>

namespace sessiond::ctl {
namespace {

volatile std::sig_atomic_t noted = 0;

void note(int signal) {
  noted = signal;
}

}  // namespace

HeldSignals::HeldSignals() {
  noted = 0;
  struct sigaction held = {};
  held.sa_handler = note;
  held.sa_flags = SA_RESTART;
  sigemptyset(&held.sa_mask);
  for (std::size_t i = 0; i < kHeld.size(); ++i) {
    ::sigaction(kHeld[i], &held, &before_[i]);
    if (before_[i].sa_handler == SIG_IGN) ::sigaction(kHeld[i], &before_[i], nullptr);
  }
}

HeldSignals::~HeldSignals() {
  for (std::size_t i = 0; i < kHeld.size(); ++i) ::sigaction(kHeld[i], &before_[i], nullptr);
  if (noted != 0) ::raise(noted);
}

bool HeldSignals::any() const {
  return noted != 0;
}

}  // namespace sessiond::ctl
