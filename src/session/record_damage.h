// RecordDamage: what is wrong with a stored value that a check takes for no session (CheckStatus::kCorrupt), and what
// is to be done about it. A session that is only too large or too deep is sound: whoever looks after it must not be
// told to delete it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sessiond {

enum class RecordDamage : std::uint8_t {
  kNone,
  kTooLarge,      ///< larger than session.max_bytes
  kTooDeep,       ///< nested deeper than JsonTree::kMaxDepth
  kNoString,      ///< the key holds something of another type
  kNoJson,        ///< not one JSON text
  kNoCookie,      ///< no `cookie` as express-session writes it
  kForeignOwn,    ///< an `_sd` that sessiond did not write
  kRepeatedName,  ///< a name comes twice by which something is decided
  kInexactId,     ///< of a login's, before it is stored: the first application to save it would make it another user's
};

struct DamageWords {
  std::string meaning;
  std::string_view remedy;
};

/// For the log, and for who asks why somebody is refused. `max_bytes`: session.max_bytes.
DamageWords wordsOf(RecordDamage damage, std::size_t max_bytes);

}  // namespace sessiond
