// HttpVerifier: asks an application of the site's own whether a name and a password belong together.
//
//   POST <login.http_verifier.url>   {"user":"ada","password":"...","address":"192.0.2.7"}
//   Authorization: Bearer <what login.http_verifier.token_file holds>
//   200 {"id":"42","name":"Ada",...}  yes; the object becomes session.user, whatever is in it
//   401, 403                          no
//   anything else                     nobody can tell: another status, no answer in time, no object with an `id`, no
//                                     UTF-8, more than kMaxAnswerBytes, a certificate that nobody vouches for, a
//                                     redirect
//
// Of the latter, what was never sent and 429, 502, 503 and 504 say that no password was looked at. All else may be how
// an application says no, as with 422, and whoever guesses sees the difference from yes; so it is kNoVerdict.
//
// It goes where it is told to and nowhere else: no redirects, no proxy of the environment, no cookies, no .netrc. An
// application says yes or no of every name, so whoever stands behind it in the chain is never asked.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/expected.h"
#include "base/log_summary.h"
#include "login/authenticator.h"
#include "login/login_settings.h"
#include "login/recent_durations.h"
#include "login/verifier_address.h"

namespace sessiond {

/// The user that an application's answer names; absent: it names none.
std::optional<User> userIn(std::string_view answer);

/// Does an answer with this status say that nobody has looked at the password?
bool isOfAnOutage(long status);

/// Thread-safe. Waits up to login.http_verifier.timeout.
class HttpVerifier final : public Authenticator {
 public:
  static constexpr std::size_t kMaxAnswerBytes = 16 * 1024;

  /// All must outlive it. REQUIRES: the settings' url is one (parseVerifierAddress).
  HttpVerifier(const HttpVerifierSettings& settings, const HmacKey& log_key, const Clock& clock);

  Expected<User, AuthenticationFailure> authenticate(const Credentials& credentials) override;
  void passTheTimeOfARefusal() override;

 private:
  struct Answer {
    long status = 0;
    std::string body;
  };
  struct NoAnswer {
    std::string problem;
    bool looked_at;  ///< the application may have the password, and has not said that it is away
  };
  Expected<Answer, NoAnswer> ask(std::string_view question) const;
  AuthenticationFailure cannotTell(const Credentials& credentials, std::string_view problem, bool looked_at);

  const HttpVerifierSettings& settings_;
  const VerifierAddress address_;
  const HmacKey& log_key_;
  const Clock& clock_;
  LogSummary failures_{20};
  RecentDurations refusals_;
};

}  // namespace sessiond
