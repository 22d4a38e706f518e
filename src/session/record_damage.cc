#include "session/record_damage.h"

#include "json/json_tree.h"

namespace sessiond {

DamageWords wordsOf(RecordDamage damage, std::size_t max_bytes) {
  switch (damage) {
    case RecordDamage::kTooLarge:
      return {"it is larger than session.max_bytes, " + std::to_string(max_bytes) + " bytes",
              "raise session.max_bytes, or have the application store less in it; it is sound and need not be deleted"};
    case RecordDamage::kTooDeep:
      return {"it is nested deeper than " + std::to_string(JsonTree::kMaxDepth) + " levels",
              "have the application store it flatter; nothing else is wrong with it"};
    case RecordDamage::kNoString:
      return {"its key holds something that is no string",
              "find out what else writes below session.key_prefix, then delete the key"};
    case RecordDamage::kNoJson:
      return {"it is no JSON",
              "give connect-redis no other serializer, or mend what else wrote it, then delete the key"};
    case RecordDamage::kNoCookie:
      return {"it has no `cookie` as express-session writes it",
              "mend the application that wrote it, then delete the key"};
    case RecordDamage::kForeignOwn:
      return {"its `_sd` is none that sessiond wrote", "mend the application that changes `_sd`, then delete the key"};
    case RecordDamage::kRepeatedName:
      return {"a name by which something is decided comes twice in it",
              "mend the application that wrote it, then delete the key: nobody can tell which of the two counts"};
    case RecordDamage::kInexactId:
      return {"its user's id is a number that JavaScript cannot keep as it stands; let the id be a text",
              "have whatever knows the users give the id as a text"};
    case RecordDamage::kNone:
      break;
  }
  return {"nothing is wrong with it", ""};
}

}  // namespace sessiond
