// NodeObservers: who is told when a node is another server from now on, may be one, or is not to be relied on: each
// site, for what it has in memory, and for what the server should have.

#pragma once

#include <functional>
#include <list>
#include <utility>

#include "base/guarded.h"

namespace sessiond {

/// Thread-safe.
class NodeObservers {
 public:
  /// All but the last are called on the topology's thread. None may wait.
  struct Observer {
    std::function<void()> moved;    ///< nothing that was loaded before is believed, all connections are made anew
    std::function<void()> doubted;  ///< nothing that was loaded before is believed
    /// Some connection has ended by itself: the next one may lead to another server, where a name or a proxy leads
    /// there by now. Called on whoever's thread it was, as often as that happens.
    std::function<void()> lost = [] {};
  };

  /// Observed as long as this lives; its end waits for a call that is under way.
  class Registration {
   public:
    Registration(NodeObservers& all, Observer observer) : all_(all) {
      auto list = all_.observers_.lock();
      own_ = list->insert(list->end(), std::move(observer));
    }
    ~Registration() { all_.observers_.lock()->erase(own_); }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

   private:
    NodeObservers& all_;
    std::list<Observer>::iterator own_;
  };

  void tellMoved() {
    auto list = observers_.lock();
    for (const Observer& observer : *list) observer.moved();
  }
  void tellDoubted() {
    auto list = observers_.lock();
    for (const Observer& observer : *list) observer.doubted();
  }
  void tellLost() {
    auto list = observers_.lock();
    for (const Observer& observer : *list) observer.lost();
  }

 private:
  Guarded<std::list<Observer>> observers_;
};

}  // namespace sessiond
