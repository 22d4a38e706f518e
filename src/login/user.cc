#include "login/user.h"

#include <utility>

#include "base/check.h"
#include "json/json_text.h"

namespace sessiond {

User makeUser(const UserFields& fields) {
  const std::string& id = fields.id.empty() ? fields.name : fields.id;
  SESSIOND_CHECK(!id.empty());
  std::string json = "{\"id\":";
  appendJsonString(json, id);
  json += ",\"name\":";
  appendJsonString(json, fields.name);
  if (!fields.email.empty()) {
    json += ",\"email\":";
    appendJsonString(json, fields.email);
  }
  json += ",\"roles\":[";
  for (const std::string& role : fields.roles) {
    if (&role != &fields.roles.front()) json += ',';
    appendJsonString(json, role);
  }
  json += "]}";
  return {.json = std::move(json)};
}

}  // namespace sessiond
