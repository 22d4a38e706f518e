// An application's change to a session: a merge patch (RFC 7396) that leaves alone what is not the application's.
//
// Not its own are the reserved names at the top (reserved_names.h), and, unless the site says otherwise, whatever
// decides who somebody is and what they may: a program that may keep a cart in the session is not thereby one that may
// make an anonymous visitor an admin. That is judged by what a patch does, not by what it names: putting a whole object
// in the place of another one that holds the user is a change of the user.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "json/json_pointer.h"
#include "json/merge_patch.h"
#include "session/facts_extractor.h"

namespace sessiond {

enum class PatchError {
  kReservedName,    ///< a top-level name that is not the application's to change
  kReadOnly,        ///< it would change something at a place that decides who somebody is
  kCorruptSession,  ///< the stored value is no JSON object
};

/// The session's next JSON text; what the patch does not touch is copied byte for byte. The caller holds it against the
/// size limit and writes it by compare-and-set.
Expected<std::string, PatchError> patchSession(std::string_view session_json, const MergePatch& patch,
                                               const std::vector<JsonPointer>& read_only = {});

/// Where `user_at`, `user_id_at`, `roles_at`, the policies and the identity headers look.
std::vector<JsonPointer> decidingPlaces(const ExtractionRules& rules);

}  // namespace sessiond
