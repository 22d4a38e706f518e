#include "endpoints/auth/auth_loader.h"

#include <new>
#include <utility>

namespace sessiond {

AuthLoader::AuthLoader(const AuthEndpoint& auth, const AuthParts& parts, std::unique_ptr<LaneStore> store,
                       EventLoop& loop, Loader::Client& client)
    : auth_(auth),
      throttle_(parts.loader.throttle),
      clock_(parts.loader.clock),
      client_(client),
      store_(std::move(store)),
      sessions_(parts.loader, *store_, loop, *this) {}

void AuthLoader::load(Exchange& exchange) {
  auto& pending = static_cast<PendingCheck&>(*exchange.continuation);
  pending.exchange = &exchange;
  if (pending.touch) return want(*pending.touch);
  gather(pending);
}

/// One that is not asked for after all is due again.
void AuthLoader::want(TouchWant& touch) {
  try {
    sessions_.want(touch);
  } catch (...) {
    throttle_.forget(touch.id.bytes());
    throw;
  }
}

/// Wants every session that has not been found yet.
void AuthLoader::gather(PendingCheck& pending) {
  pending.wants.clear();
  pending.wanting.clear();
  for (AuthCandidate& candidate : pending.check.candidates) {
    if (!candidate.verified || candidate.found) continue;
    const bool newest = candidate.verified->secret == 0;
    SessionWant& want = pending.wants.emplace_back();
    want = {.id = &candidate.verified->id,
            .cookie = newest ? candidate.cookie : std::string_view(),
            .may_touch = pending.check.touch,
            .arrived = pending.arrived,
            .asker = &pending};
    pending.wanting.emplace_back(&candidate);
  }
  pending.waiting = pending.wants.size();
  for (SessionWant& want : pending.wants) {
    try {
      sessions_.want(want);
    } catch (const std::bad_alloc&) {
      --pending.waiting;  // not asked for: kUnavailable. The others must not find the check gone
    }
  }
  if (pending.waiting == 0) throw std::bad_alloc();
}

void AuthLoader::loaded(SessionWant& want) {
  auto& pending = *static_cast<PendingCheck*>(want.asker);
  if (--pending.waiting > 0) return;
  AuthCandidate* const* wanting = pending.wanting.begin();
  for (SessionWant& one : pending.wants) (*wanting++)->found = std::move(one.found);
  const AuthDecision decision = auth_.decideOn(pending.check);
  try {
    if (wantTouch(pending, decision)) return;
  } catch (...) {
    return client_.failed(*pending.exchange);
  }
  answer(pending, decision);
}

/// False: none is due.
bool AuthLoader::wantTouch(PendingCheck& pending, const AuthDecision& decision) {
  pending.touch = auth_.dueTouch(pending.check, decision, clock_.steadyNow());
  if (!pending.touch) return false;
  pending.touch->arrived = pending.arrived;
  pending.touch->asker = &pending;
  want(*pending.touch);
  return true;
}

void AuthLoader::touched(TouchWant& want) {
  auto& pending = *static_cast<PendingCheck*>(want.asker);
  if (!mustLookAgain(pending)) return answer(pending, auth_.decideOn(pending.check));
  try {
    lookAgain(pending);
  } catch (...) {
    client_.failed(*pending.exchange);
  }
}

/// Somebody has changed the session, or ended it, since it was read.
bool AuthLoader::mustLookAgain(const PendingCheck& pending) const {
  const auto& result = pending.touch->result;
  return result && *result != TouchOutcome::kTouched && !pending.looked_again;
}

/// The check is decided on what the session is now, and that is what is touched.
void AuthLoader::lookAgain(PendingCheck& pending) {
  pending.looked_again = true;
  throttle_.forget(pending.touch->id.bytes());
  auth_.startAnew(pending.check);
  gather(pending);
}

void AuthLoader::answer(PendingCheck& pending, const AuthDecision& decision) {
  Exchange& exchange = *pending.exchange;
  const bool touched = pending.touch && pending.touch->result && *pending.touch->result == TouchOutcome::kTouched;
  try {
    auth_.answer(pending.check, decision, exchange, touched);
  } catch (...) {
    return client_.failed(exchange);
  }
  client_.concluded(exchange);  // the check is gone then
}

}  // namespace sessiond
