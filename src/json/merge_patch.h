// JSON Merge Patch (RFC 7396) by text: what the patch does not touch is copied byte for byte, so that numbers keep
// their text, unknown members stay and names keep their order.

#pragma once

#include <string>
#include <string_view>

#include "base/expected.h"
#include "json/json_tree.h"

namespace sessiond {

enum class MergePatchError {
  kMalformed,      ///< the patch is no valid JSON in UTF-8
  kNotAnObject,    ///< it would replace the document as a whole
  kDuplicateName,  ///< an object of the patch names a member twice: parsers disagree on which wins
  kTooDeep,        ///< nested deeper than JsonTree allows (what comes out is never deeper than its two sources)
};

/// Immutable once parsed; keeps a view of the patch's text.
class MergePatch {
 public:
  static Expected<MergePatch, MergePatchError> parse(std::string_view json);

  /// The patch itself: an object.
  JsonValue root() const { return tree_.root(); }
  /// The document's next text; `target` counts as {} when it is no object. Of a name that comes twice in the target the
  /// last value counts, at the first one's place, as in JavaScript.
  std::string appliedTo(JsonValue target) const;

 private:
  explicit MergePatch(JsonTree tree) : tree_(std::move(tree)) {}
  JsonTree tree_;
};

}  // namespace sessiond
