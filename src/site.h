// Site: all that depends on one site's settings: its sessions, who may pass, its pages, its login and logout, the
// endpoints of its applications. What it shares with other sites is given to it (shared_parts.h); whoever builds it
// decides which requests are for it.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "endpoints/auth/auth.h"
#include "endpoints/router.h"
#include "explanation.h"
#include "prepare.h"
#include "redis/permission_check.h"
#include "shared_parts.h"

namespace sessiond {

/// Thread-safe once it is built. Its end waits for threads of its own.
class Site {
 public:
  Site(Prepared prepared, const SharedParts& shared);
  ~Site();
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  const AuthEndpoint& auth() const;
  /// All its endpoints but `auth`, which a router knows apart.
  void addTo(Router& router);
  /// It is what serves from now on. Until then what it sees ends nobody's sessions: it may be refused yet.
  void comeIntoForce() noexcept;
  /// Why Redis does not answer what session checks ask, in words; empty: it does. Waits.
  std::string whyNotReady();
  /// What Redis must allow for all of it.
  PermissionScope permissions() const;
  /// Why a request would be let in or refused now. Waits for Redis.
  ExplainedCheck explain(const CheckQuestion& question);
  /// `name: value` lines about what is in memory, and whether it is believed.
  std::vector<std::string> status() const;
  /// Puts in the metrics what is only counted when somebody looks.
  void showFigures();

 private:
  struct Parts;

  const std::unique_ptr<Parts> parts_;
};

/// What Redis must allow for a site.
PermissionScope permissionsFor(const Config& config, const RedisKeys& keys);

}  // namespace sessiond
