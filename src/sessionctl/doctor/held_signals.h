// HeldSignals: Ctrl-C, while something is there that has to be taken away again. It is noted, and obeyed afterwards.

#pragma once

#include <array>
#include <csignal>

namespace sessiond::ctl {

/// One at a time. What the process ignores (nohup) it goes on ignoring.
class HeldSignals {
 public:
  HeldSignals();
  /// Whoever was interrupted ends here.
  ~HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  bool any() const;

 private:
  static constexpr std::array<int, 3> kHeld = {SIGINT, SIGTERM, SIGHUP};

  std::array<struct sigaction, kHeld.size()> before_{};
};

}  // namespace sessiond::ctl
