// NodeFollowers: who is told when a node is another server from now on, may be one, or is not to be relied on: each
// site, for what it has in memory, and for what the server should have.

#pragma once

#include <functional>
#include <list>
#include <utility>

#include "base/guarded.h"

namespace sessiond {

/// Thread-safe.
class NodeFollowers {
 public:
  /// All but the last are called on the topology's thread. None may wait.
  struct Calls {
    std::function<void()> moved;    ///< nothing that was loaded before is believed, all connections are made anew
    std::function<void()> doubted;  ///< nothing that was loaded before is believed
    /// Some connection has ended by itself: the next one may lead to another server, where a name or a proxy leads
    /// there by now. Called on whoever's thread it was, as often as that happens.
    std::function<void()> lost = [] {};
  };

  /// As long as this lives; its end waits for a call that is under way.
  class Following {
   public:
    Following(NodeFollowers& all, Calls calls) : all_(all) {
      auto list = all_.calls_.lock();
      own_ = list->insert(list->end(), std::move(calls));
    }
    ~Following() { all_.calls_.lock()->erase(own_); }
    Following(const Following&) = delete;
    Following& operator=(const Following&) = delete;

   private:
    NodeFollowers& all_;
    std::list<Calls>::iterator own_;
  };

  void tellMoved() {
    auto list = calls_.lock();
    for (const Calls& calls : *list) calls.moved();
  }
  void tellDoubted() {
    auto list = calls_.lock();
    for (const Calls& calls : *list) calls.doubted();
  }
  void tellLost() {
    auto list = calls_.lock();
    for (const Calls& calls : *list) calls.lost();
  }

 private:
  Guarded<std::list<Calls>> calls_;
};

}  // namespace sessiond
