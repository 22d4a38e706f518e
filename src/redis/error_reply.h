// What an error reply of Redis means for us, and what the person who reads the log can do about it.
//
// An error reply begins with a word ("READONLY You can't write against a read only replica."); the words are those
// of Redis 6.0 to 8 and of Valkey. Some failures only say ERR and are told apart by the text behind it.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "redis/connection_error.h"
#include "redis/redis_reply.h"
#include "redis/redis_settings.h"
#include "session/session_store.h"

namespace sessiond {

enum class ErrorMeaning {
  kRetryElsewhere,  ///< another server may take it: connect anew and try once more
  kUnavailable,     ///< not now; it passes, or an administrator mends the server
  kCorrupt,         ///< the key holds something of another type
  kMisconfigured,   ///< it stays so until somebody changes the configuration, ours or the server's
};

/// How much of the server an error speaks of.
enum class ErrorScope {
  kCommand,  ///< this command only; others may work (a full server still reads)
  kServer,   ///< nothing works here
};

struct ErrorKind {
  std::string_view code;  ///< "READONLY"; empty: the kind for everything unknown
  ErrorMeaning meaning{};
  ErrorScope scope{};
  std::string_view advice;  ///< a whole log message: "redis: this server is a read-only replica; ..."
  std::string_view advice_behind_sentinels = {};  ///< empty: the same
  std::string_view advice_in_cluster = {};        ///< empty: the same
  std::size_t index = 0;                          ///< 0 to kErrorKinds - 1, for counters and log limits a kind
};

inline constexpr std::size_t kErrorKinds = 27;
/// What a primary says of a write that too few replicas would have; no replica says it.
inline constexpr std::string_view kNoReplicas = "NOREPLICAS";
/// What a node of a cluster says that sees no majority, of writes alone where cluster-allow-reads-when-down is on; and
/// what it says of a slot that nobody has.
inline constexpr std::string_view kClusterDown = "CLUSTERDOWN";
inline constexpr std::string_view kSlotUnserved = "CLUSTERDOWN Hash slot";

/// Pure. `text` is an error reply without its leading dash.
const ErrorKind& classifyError(std::string_view text);

/// The kind with this index. REQUIRES: index < kErrorKinds.
const ErrorKind& errorKind(std::size_t index);

/// Does whoever is asked say so day by day? A node of a cluster leads on.
bool isUsual(const ErrorKind& kind, TopologyKind topology);

/// What to do about an error, as far as one can tell: a whole log message.
std::string_view adviceOn(const ErrorKind& kind, TopologyKind topology);

/// Redis quotes the arguments of a command that it does not know; those may be ids, values and passwords. What is said
/// to anybody of an error is this.
inline std::string_view withoutArguments(std::string_view text) {
  return text.substr(0, text.find(", with args"));
}

/// Of a connection whose server refuses us with this error reply.
inline ConnectionError rejection(std::string_view text) {
  return {ConnectionError::Kind::kRejected, std::string(withoutArguments(text))};
}

/// What the reply to a single command is to the caller of a store, where it is not the one that the command gives: an
/// error; or a reply of a kind that it never gives, since then some other program answers on this socket.
StoreError storeErrorOf(const RedisReply& reply);

}  // namespace sessiond
