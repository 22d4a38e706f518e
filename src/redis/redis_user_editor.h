// RedisUserEditor: writes the users that RedisUserDirectory reads (its header shows the form). The daemon never does;
// an administrator's tool does.
//
// Each write is one script of one key: of two administrators at once one is told that the other was there before, and
// nobody ever reads half an entry.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/expected.h"
#include "redis/redis_access.h"
#include "redis/redis_keys.h"
#include "session/session_store.h"

namespace sessiond {

/// Fields of the hash, each with its value.
using UserHash = std::vector<std::pair<std::string, std::string>>;

/// A user to be written. `name` is canonical (login/user_name.h).
struct NewUser {
  std::string name;
  UserHash fields;
};

enum class UserAddition {
  kAdded,  ///< or, where nothing was to be written: could be
  kSame,   ///< it was there already, just like that
  kTaken,  ///< there is another one of this name
};

/// Not thread-safe; waits for the server.
class RedisUserEditor {
 public:
  /// Both must outlive it.
  RedisUserEditor(RedisAccess& client, const RedisKeys& keys) : client_(client), keys_(keys) {}

  /// For each, in the same order; on an error some may have been added.
  Expected<std::vector<UserAddition>, StoreError> add(std::span<const NewUser> users);
  /// The same: `additions` has those of whom Redis has answered, on an error too; of the others some may have been
  /// added.
  Expected<void, StoreError> add(std::span<const NewUser> users, std::vector<UserAddition>& additions);
  /// What add() would say; writes nothing.
  Expected<std::vector<UserAddition>, StoreError> canAdd(std::span<const NewUser> users);
  /// Sets these fields, and removes those whose value is empty. False: there is no such user.
  Expected<bool, StoreError> change(const std::string& name, const UserHash& fields);
  /// False: there was no such user.
  Expected<bool, StoreError> remove(const std::string& name);
  /// All there are, sorted; by looking at every key.
  Expected<std::vector<std::string>, StoreError> names();

 private:
  Expected<void, StoreError> run(std::span<const NewUser> users, std::string_view what,
                                 std::vector<UserAddition>& additions);
  Expected<bool, StoreError> runOne(const RedisCommands& commands);

  RedisAccess& client_;
  const RedisKeys& keys_;
};

}  // namespace sessiond
