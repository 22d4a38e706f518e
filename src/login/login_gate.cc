#include "login/login_gate.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/enum_size.h"
#include "login/user_name.h"

namespace sessiond {
namespace {

constexpr std::size_t kKeyBytes = 16;

// What the keys of each kind begin with.
const std::string kDevice = std::string(kTriesPrefix) + "device:";
const std::string kKnown = std::string(kTriesPrefix) + "known:";
const std::string kStranger = std::string(kTriesPrefix) + "stranger:";
const std::string kPlace = std::string(kTriesPrefix) + "place:";

const std::string& prefixOf(LimitKind kind) {
  switch (kind) {
    case LimitKind::kDevice:
      return kDevice;
    case LimitKind::kKnownPlace:
      return kKnown;
    case LimitKind::kStranger:
      return kStranger;
    case LimitKind::kPlace:
      break;
  }
  return kPlace;
}

std::string deviceKey(const LoginGate::Pass& pass) {
  return kDevice + pass.device_hash;
}
std::string knownPlaceKey(const LoginGate::Pass& pass) {
  return kKnown + pass.user_hash + ":" + pass.place_hash;
}
std::string strangerKey(const LoginGate::Pass& pass) {
  return kStranger + pass.spellings_hash;
}
std::string placeKey(const LoginGate::Pass& pass) {
  return kPlace + pass.place_hash;
}
std::string placesOf(const LoginGate::Pass& pass) {
  return std::string(kPlacesPrefix) + pass.user_hash;
}
std::string failuresKey(const LoginGate::Pass& pass) {
  return std::string(kFailuresPrefix) + pass.spellings_hash;
}

/// Who tries from where.
std::string visitOf(const LoginGate::Pass& pass) {
  return pass.user_hash + pass.place_hash;
}

/// What a refusal is remembered by.
std::string refusedAs(const LoginGate::Pass& pass) {
  return pass.device_hash.empty() ? visitOf(pass) : pass.device_hash;
}

LoginRefused unavailable() {
  return {.unavailable = true};
}

LoginRefused refused(LimitKind kind, milliseconds wait) {
  return {.unavailable = false, .kind = kind, .wait = wait};
}

}  // namespace

LoginGate::LoginGate(const LoginGateSettings& settings, const Secret& secret, AttemptCounters& counters,
                     LoginMemory& memory, const Clock& clock)
    : device_limit_{.windows = {{settings.device_failures, settings.device_window}}},
      known_place_limit_{.windows = {{settings.known_place_failures, settings.known_place_window}}},
      stranger_limit_{.windows = {{settings.stranger_failures, settings.stranger_window}},
                      .delay = AttemptDelay{.free = settings.stranger_free,
                                            .first = settings.stranger_first_wait,
                                            .longest = settings.stranger_longest_wait}},
      place_limit_{.windows = {{settings.place_failures, settings.place_window},
                               {settings.place_daily_failures, std::chrono::hours(24)}}},
      key_(deriveKey(secret, "sessiond login gate 1")),
      counters_(counters),
      memory_(memory),
      clock_(clock) {}

const AttemptLimit& LoginGate::limitOf(LimitKind kind) const {
  switch (kind) {
    case LimitKind::kDevice:
      return device_limit_;
    case LimitKind::kKnownPlace:
      return known_place_limit_;
    case LimitKind::kStranger:
      return stranger_limit_;
    case LimitKind::kPlace:
      break;
  }
  return place_limit_;
}

std::string LoginGate::hashOf(std::string_view kind, std::string_view first, std::string_view second) const {
  // Lengths before the parts, so that no two pairs are one text.
  const std::string text =
      std::string(kind) + ":" + std::to_string(first.size()) + ":" + std::string(first) + ":" + std::string(second);
  return base64UrlEncode(asBytes(key_.sign(text)).substr(0, kKeyBytes));
}

std::string LoginGate::spellingsHashOf(std::string_view user) const {
  return hashOf("user", foldedUserName(user));
}

Expected<LoginGate::Pass, LoginRefused> LoginGate::enter(const LoginVisitor& visitor) {
  const Pass pass = passOf(visitor);
  const SteadyTime now = clock_.steadyNow();
  if (const auto refused = refusals_.find(refusedAs(pass), now)) return Unexpected(*refused);
  if (!pass.device_hash.empty()) return enterAsDevice(pass, now);
  if (const auto wait = strangers_.fresh(pass.user_hash, pass.place_hash, now))
    return Unexpected(refused(LimitKind::kStranger, *wait));
  return enterWithoutDevice(pass, now);
}

std::optional<LoginRefused> LoginGate::refusedLately(const LoginVisitor& visitor) {
  const Pass pass = passOf(visitor);
  const SteadyTime now = clock_.steadyNow();
  const std::optional<LoginRefused> before = refusals_.find(refusedAs(pass), now);
  if (before || !pass.device_hash.empty()) return before;
  const auto wait = strangers_.spare(pass.user_hash, pass.place_hash, now);
  if (!wait) return std::nullopt;
  return refused(LimitKind::kStranger, *wait);
}

bool LoginGate::knownLately(const LoginVisitor& visitor) const {
  return visits_.contains(visitOf(passOf(visitor)));
}

/// Still of a stranger's kind.
LoginGate::Pass LoginGate::passOf(const LoginVisitor& visitor) const {
  return {.kind = LimitKind::kStranger,
          .user_hash = hashOf("user", visitor.user),
          .spellings_hash = spellingsHashOf(visitor.user),
          .place_hash = hashOf("place", visitor.place),
          .device_hash = visitor.device.empty() ? "" : hashOf("device", visitor.user, visitor.device)};
}

// What is refused is remembered as of `now`, before the store is asked.

Expected<LoginGate::Pass, LoginRefused> LoginGate::enterAsDevice(const Pass& pass, SteadyTime now) {
  Expected<Pass, LoginRefused> entered = enterAs(LimitKind::kDevice, pass);
  if (!entered && !entered.error().unavailable) refusals_.note(pass.device_hash, entered.error(), now);
  return entered;
}

Expected<LoginGate::Pass, LoginRefused> LoginGate::enterWithoutDevice(const Pass& pass, SteadyTime now) {
  Expected<std::vector<std::string>, AttemptStoreError> places = memory_.knownPlaces(placesOf(pass), kPlaceLifetime);
  if (!places) return Unexpected(unavailable());
  const bool known = std::find(places->begin(), places->end(), pass.place_hash) != places->end();
  Expected<Pass, LoginRefused> entered = known ? enterAs(LimitKind::kKnownPlace, pass) : enterAsStranger(pass);
  if (entered || entered.error().unavailable) return entered;
  if (entered.error().kind == LimitKind::kStranger) {
    strangers_.note(pass.user_hash, *std::move(places), entered.error().wait, now);
  } else {
    refusals_.note(visitOf(pass), entered.error(), now);
  }
  return entered;
}

Expected<LoginGate::Pass, LoginRefused> LoginGate::enterAs(LimitKind kind, Pass pass) {
  const bool device = kind == LimitKind::kDevice;
  const auto tried =
      counters_.reserve(device ? deviceKey(pass) : knownPlaceKey(pass), device ? device_limit_ : known_place_limit_);
  if (!tried) return Unexpected(unavailable());
  if (tried->wait > milliseconds(0)) return Unexpected(refused(kind, tried->wait));
  if (!device) visits_.note(visitOf(pass));
  pass.kind = kind;
  pass.tried = *tried;
  return pass;
}

/// The network first: whoever has used up its tries takes none from the user's strangers.
Expected<LoginGate::Pass, LoginRefused> LoginGate::enterAsStranger(Pass pass) {
  const auto at_place = counters_.reserve(placeKey(pass), place_limit_);
  if (!at_place) return Unexpected(unavailable());
  if (at_place->wait > milliseconds(0)) return Unexpected(refused(LimitKind::kPlace, at_place->wait));
  pass.at_place = *at_place;
  const auto tried = counters_.reserve(strangerKey(pass), stranger_limit_);
  if (tried && tried->wait == milliseconds(0)) {
    pass.tried = *tried;
    return pass;
  }
  // A try that is refused is no failure of the network's.
  if (!counters_.giveBack(placeKey(pass), pass.at_place) || !tried) return Unexpected(unavailable());
  return Unexpected(refused(LimitKind::kStranger, tried->wait));
}

void LoginGate::undecided(const Pass& pass) {
  switch (pass.kind) {
    case LimitKind::kDevice:
      static_cast<void>(counters_.giveBack(deviceKey(pass), pass.tried));
      break;
    case LimitKind::kKnownPlace:
      static_cast<void>(counters_.giveBack(knownPlaceKey(pass), pass.tried));
      break;
    case LimitKind::kStranger:
    case LimitKind::kPlace:
      static_cast<void>(counters_.giveBack(strangerKey(pass), pass.tried));
      static_cast<void>(counters_.giveBack(placeKey(pass), pass.at_place));
      break;
  }
}

FailureNote LoginGate::succeeded(const Pass& pass) {
  undecided(pass);
  if (!pass.device_hash.empty()) {
    static_cast<void>(counters_.forget(deviceKey(pass)));
    refusals_.forget(pass.device_hash);
  }
  static_cast<void>(counters_.forget(knownPlaceKey(pass)));
  refusals_.forget(visitOf(pass));
  static_cast<void>(memory_.remember(placesOf(pass), pass.place_hash, kPlaceLifetime, kPlacesOfAUser));
  strangers_.addPlace(pass.user_hash, pass.place_hash, clock_.steadyNow());
  visits_.note(visitOf(pass));
  const Expected<FailureNote, AttemptStoreError> note = memory_.takeFailures(failuresKey(pass));
  return note ? *note : FailureNote{};
}

void LoginGate::failed(const Pass& pass) {
  static_cast<void>(memory_.noteFailure(failuresKey(pass), kFailuresLifetime));
}

LoginGate::Counter LoginGate::strangersOf(std::string_view user) const {
  return {LimitKind::kStranger, kStranger + spellingsHashOf(user), &stranger_limit_};
}

LoginGate::Counter LoginGate::at(std::string_view place) const {
  return {LimitKind::kPlace, kPlace + hashOf("place", place), &place_limit_};
}

std::optional<LoginGate::Counter> LoginGate::counterOf(std::string_view key) const {
  for (std::size_t i = 0; i < enumSize<LimitKind>(); ++i) {
    const auto kind = static_cast<LimitKind>(i);
    if (key.starts_with(prefixOf(kind))) return Counter{kind, std::string(key), &limitOf(kind)};
  }
  return std::nullopt;
}

std::string LoginGate::knownPlacesOf(std::string_view user) const {
  return kKnown + hashOf("user", user) + ":";
}

}  // namespace sessiond
