// Whether a session is somebody's, and the user's id, by which the user's sessions are filed (UserSessionIndex).
//
// session.user_id_at leads to it. What stands there may be a text, a number, or an object with an `id` of its own: an
// application that keeps a bare id in one place (passport) shares it with a login of sessiond's, which keeps an object.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "json/json_pointer.h"
#include "json/json_tree.h"
#include "session/session_settings.h"

namespace sessiond {

/// Whose a session is: what stands at session.user_at, a view into the session, and the user's id, empty where there
/// is none.
struct SessionUser {
  JsonValue value;
  std::string id;
};

/// Whose a session is, by where its settings say that this stands. Immutable.
class SessionOwner {
 public:
  explicit SessionOwner(const RecordSettings& settings);
  /// Nullopt: it is nobody's, whatever id was left somewhere in it. Nothing, null, false and "" at session.user_at are
  /// nobody. `ambiguous` is set to true (never to false) where names that repeat leave open who it is.
  std::optional<SessionUser> find(JsonValue session, bool& ambiguous) const;
  /// The same, for who need not know: of members of one name the first counts.
  std::optional<SessionUser> find(JsonValue session) const;
  /// The user's id. Empty: the session is nobody's, or its user has none.
  std::string of(JsonValue session) const;
  const JsonPointer& userAt() const { return user_at_; }

 private:
  const JsonPointer user_at_;
  const JsonPointer user_id_at_;
};

/// That of somebody who stands as `user_json`, valid JSON, at session.user_at. Empty when session.user_id_at leads to
/// no id in there.
std::string userIdIn(std::string_view user_json, const SessionSettings& settings);

/// Is that id still the same when an application in JavaScript has saved the session? A number is, if it is an integer
/// within ±(2^53 − 1) (Number.MAX_SAFE_INTEGER), written as JavaScript does: 12345678901234567890 becomes another's.
bool outlastsJavaScript(std::string_view user_json, const SessionSettings& settings);

}  // namespace sessiond
