// AuthLoader: how session checks go on that memory alone cannot answer: their sessions are loaded, they are decided,
// and where the session's time to live is due to be extended, that is done before they are answered.

#pragma once

#include <memory>

#include "base/event_loop.h"
#include "endpoints/auth/auth.h"
#include "http/handler.h"
#include "session/lane_store.h"
#include "session/session_loader.h"

namespace sessiond {

/// Of one lane's thread. What it is given outlives it.
class AuthLoader final : public Loader, private SessionLoader::Client {
 public:
  AuthLoader(const AuthEndpoint& auth, const AuthParts& parts, std::unique_ptr<LaneStore> store, EventLoop& loop,
             Loader::Client& client);

  void load(Exchange& exchange) override;
  void flush() override { sessions_.flush(); }
  bool busy() const override { return sessions_.busy(); }
  void noteUse() override { store_->noteUse(); }

 private:
  void loaded(SessionWant& want) override;
  void touched(TouchWant& want) override;
  void gather(PendingCheck& pending);
  void want(TouchWant& touch);
  bool wantTouch(PendingCheck& pending, const AuthDecision& decision);
  bool mustLookAgain(const PendingCheck& pending) const;
  void lookAgain(PendingCheck& pending);
  void answer(PendingCheck& pending, const AuthDecision& decision);

  const AuthEndpoint& auth_;
  TouchThrottle& throttle_;
  const Clock& clock_;
  Loader::Client& client_;
  const std::unique_ptr<LaneStore> store_;
  SessionLoader sessions_;
};

}  // namespace sessiond
