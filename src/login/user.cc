#include "login/user.h"

#include <string_view>

#include "base/check.h"

namespace sessiond {
namespace {

/// RFC 8259 §7: quotes, backslashes and control characters are escaped, everything else stays as it is.
void appendJsonString(std::string& json, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  json += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (byte < 0x20) {
      json += "\\u00";
      json += kHex[byte >> 4];
      json += kHex[byte & 15];
    } else {
      json += c;
    }
  }
  json += '"';
}

}  // namespace

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
  return {.json = std::move(json), .id = id};
}

}  // namespace sessiond
