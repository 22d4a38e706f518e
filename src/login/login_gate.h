// LoginGate: how often somebody may try a password. Every entrance that computes one passes it before.
//
// A try counts where it can be told best who tries, and nowhere else:
//
//   device       a device cookie (device_cookie.h) of this user's       user + device
//   known place  else: this user logged in from this network lately     user + network
//   stranger     all others                                             user, and the network over all users
//
// So nobody who merely knows a name can lock its owner out: strangers share one budget, the owner's devices and places
// have their own. A stranger's network is counted as well, whoever it tries, and no success resets that: one account of
// one's own would allow endless tries at others.
//
// Who was refused is refused from memory for a second or two more, without asking the store: a device by what itself
// was refused, wherever it is, and by nothing else. Where a user's strangers have to wait, that goes for all of them,
// from wherever they come (stranger_memory.h).
//
// Strangers' tries, and the wrong passwords that are told after a login, count for all spellings of a name together
// (foldedUserName): whoever is asked for users over HTTP may take Ada and ada for one. Devices and known places are of
// one exact name: where Ada and ada are two, a login of the one opens and resets nothing at the other.
//
// A try is counted before the hash is computed and given back after a success, so two hundred at once compute as many
// hashes as there were tries left, and a crash in between costs one try. What the gate says depends on the name as it
// was typed (canonical, user_name.h) and never on whether there is such a user.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/expected.h"
#include "base/secret.h"
#include "login/attempt_store.h"
#include "login/login_gate_settings.h"
#include "login/login_limit.h"
#include "login/refusal_memory.h"
#include "login/stranger_memory.h"
#include "login/visit_memory.h"

namespace sessiond {

/// Who tries.
struct LoginVisitor {
  std::string_view user;    ///< canonical
  std::string_view place;   ///< the network's prefix (address_prefix.h); empty is a place like any other
  std::string_view device;  ///< id out of a device cookie that is this user's; empty: none
};

/// Thread-safe. Waits for the store, unless a function says otherwise.
class LoginGate {
 public:
  static constexpr std::chrono::hours kPlaceLifetime{30 * 24};
  static constexpr std::uint32_t kPlacesOfAUser = 16;
  static constexpr std::chrono::hours kFailuresLifetime{7 * 24};

  /// The keys in the store are made with a key derived from `secret`. The stores and the clock must outlive the gate.
  LoginGate(const LoginGateSettings& settings, const Secret& secret, AttemptCounters& counters, LoginMemory& memory,
            const Clock& clock);

  /// A try that was let in and counted.
  struct Pass {
    LimitKind kind;
    std::string user_hash;
    std::string spellings_hash;  ///< the same for all spellings of the name
    std::string place_hash;
    std::string device_hash;
    Reservation tried = {};     ///< in the counter of this kind
    Reservation at_place = {};  ///< for kStranger also in the network's
  };

  /// REQUIRES on a pass: one of the three below, or none where somebody may have looked at the password and nobody can
  /// say what came of it: the try stays spent.
  Expected<Pass, LoginRefused> enter(const LoginVisitor& visitor);

  /// Has enter() refused this visitor, or, where it is no device, a stranger that tried the same user, a moment ago?
  /// Waits for nobody. Now and then one who could be told so is not, and has to enter().
  std::optional<LoginRefused> refusedLately(const LoginVisitor& visitor);

  /// Has this user logged in from this place, as far as that is in memory: since this gate began, it was let in as a
  /// known place or logged in. Waits for nobody.
  bool knownLately(const LoginVisitor& visitor) const;

  /// Gives the try back, remembers the place, and says how many wrong passwords there were before. What of it the store
  /// does not do is lost; the login stands.
  FailureNote succeeded(const Pass& pass);
  void failed(const Pass& pass);
  /// Nobody looked at the password, or it was right and nothing came of it: the try is given back.
  void undecided(const Pass& pass);

  /// One of the counters, as an administrator looks at it.
  struct Counter {
    LimitKind kind;
    std::string key;
    const AttemptLimit* limit;  ///< the gate's own
  };
  /// Against all strangers who try this user (canonical), in whatever spelling, and against all who try at this place.
  Counter strangersOf(std::string_view user) const;
  Counter at(std::string_view place) const;
  /// Whatever the counter of this key counts; nullopt: it is none of the gate's.
  std::optional<Counter> counterOf(std::string_view key) const;
  /// What the keys of the counters of the user's known places begin with.
  std::string knownPlacesOf(std::string_view user) const;

 private:
  const AttemptLimit& limitOf(LimitKind kind) const;
  std::string hashOf(std::string_view kind, std::string_view first, std::string_view second = {}) const;
  std::string spellingsHashOf(std::string_view user) const;
  Pass passOf(const LoginVisitor& visitor) const;
  Expected<Pass, LoginRefused> enterAsDevice(const Pass& pass, SteadyTime now);
  Expected<Pass, LoginRefused> enterWithoutDevice(const Pass& pass, SteadyTime now);
  Expected<Pass, LoginRefused> enterAs(LimitKind kind, Pass pass);
  Expected<Pass, LoginRefused> enterAsStranger(Pass pass);

  const AttemptLimit device_limit_;
  const AttemptLimit known_place_limit_;
  const AttemptLimit stranger_limit_;
  const AttemptLimit place_limit_;
  const HmacKey key_;
  AttemptCounters& counters_;
  LoginMemory& memory_;
  const Clock& clock_;
  RefusalMemory refusals_;    // of devices, of places, and at known ones
  StrangerMemory strangers_;  // of strangers, by the user they try
  VisitMemory visits_;        // of known places
};

}  // namespace sessiond
