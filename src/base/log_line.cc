#include "base/log_line.h"

#include "base/encoding.h"

namespace sessiond {
namespace {

void appendHex(std::string& line, std::string_view prefix, char byte) {
  line += prefix;
  line += hexEncode(std::string_view(&byte, 1));
}

std::string escapeMessage(std::string_view message) {
  std::string text;
  text.reserve(message.size());
  for (const char byte : message) {
    if (byte >= ' ' && byte <= '~') {
      text += byte;
    } else {
      appendHex(text, "\\x", byte);
    }
  }
  return text;
}

/// All that a terminal might take for an order is escaped, also where JSON (json/json_text.h) would let it stand.
void appendHarmlessString(std::string& line, std::string_view value) {
  line += '"';
  while (!value.empty()) {
    const char byte = value.front();
    const Utf8Part part = firstUtf8(value);
    if (!part.valid) {
      line += "\xef\xbf\xbd";
    } else if (byte == '"' || byte == '\\') {
      line += '\\';
      line += byte;
    } else if (static_cast<unsigned char>(byte) < ' ' || byte == '\x7f') {
      appendHex(line, "\\u00", byte);
    } else {
      line += value.substr(0, part.bytes);
    }
    value.remove_prefix(part.valid ? part.bytes : 1);
  }
  line += '"';
}

std::string cut(std::string_view value) {
  if (value.size() <= kMaxLogValue) return std::string(value);
  return std::string(value.substr(0, kMaxLogValue)) + "...";
}

}  // namespace

std::string textLine(std::string_view message, LogFields fields) {
  std::string line = escapeMessage(message);
  for (const LogField& field : fields) {
    const std::string value = escapeForLog(field.value, kMaxLogValue);
    const bool quoted = value.empty() || value.find_first_of(" =") != std::string::npos;
    line += ' ';
    line += field.name;
    line += quoted ? "=\"" : "=";
    line += value;
    if (quoted) line += '"';
  }
  return line;
}

std::string jsonMembers(std::string_view key, std::string_view message, LogFields fields) {
  std::string line;
  appendHarmlessString(line, key);
  line += ':';
  appendHarmlessString(line, message);
  for (const LogField& field : fields) {
    line += ',';
    appendHarmlessString(line, field.name);
    line += ':';
    if (field.is_number) {
      line += field.value;
    } else {
      appendHarmlessString(line, cut(field.value));
    }
  }
  return line;
}

}  // namespace sessiond
