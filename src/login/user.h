// User: who has logged in, as applications see it, and how a directory's plain fields become that.

#pragma once

#include <string>
#include <vector>

namespace sessiond {

/// A plain value.
struct User {
  /// The JSON object that becomes `session.user`.
  std::string json;
  /// Which authenticator knows the user, and a tag of the stored hash, for sessions to tell whether that is still so:
  /// `htpasswd:<16 hexadecimal digits>`, `redis:` likewise; empty where nobody can tell.
  std::string auth = {};
};

/// What htpasswd files and Redis hashes say about a user.
struct UserFields {
  std::string id;  ///< empty: the name
  std::string name;
  std::string email;  ///< empty: left out
  std::vector<std::string> roles;
};

/// {"id":"42","name":"ada","email":"ada@example.org","roles":["admin","staff"]}; `id` is always a string and `roles`
/// always an array. REQUIRES: every field is well-formed UTF-8, and name or id is not empty.
User makeUser(const UserFields& fields);

}  // namespace sessiond
