// JSON Merge Patch (RFC 7396) on a session, by text: what the patch does not touch is copied byte for byte, so that
// numbers keep their text, unknown members stay and keys keep their order.

#pragma once

#include <string>
#include <string_view>

#include "base/expected.h"

namespace sessiond {

enum class PatchError {
  kMalformed,       ///< the patch is no valid JSON in UTF-8
  kNotAnObject,     ///< it would replace the session as a whole
  kDuplicateName,   ///< an object of the patch names a member twice: parsers disagree on which wins
  kReservedName,    ///< a top-level name that is not the application's to change (reserved_names.h)
  kTooDeep,         ///< the patch is nested deeper than 64 (what comes out is never deeper than its two sources)
  kCorruptSession,  ///< the stored value is no JSON object
};

/// The session's next JSON text. The caller holds it against the size limit and writes it by compare-and-set.
Expected<std::string, PatchError> applyMergePatch(std::string_view session_json, std::string_view patch_json);

}  // namespace sessiond
