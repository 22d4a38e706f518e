#include "json/json_text.h"

#include <array>
#include <optional>
#include <vector>

#include "json/json_repair.h"

namespace sessiond {
namespace {

void appendEscaped(std::string& out, char c) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) >= 0x20) {
    out += c;
    return;
  }
  out += "\\u00";
  out += kHex[static_cast<unsigned char>(c) >> 4];
  out += kHex[static_cast<unsigned char>(c) & 0xf];
}

// Walks with a stack of its own instead of the program's: one entry for each array or object that is open.
class CompactWriter {
 public:
  explicit CompactWriter(std::string& out) : out_(out) {}

  void write(JsonValue value) {
    begin(value);
    while (!open_.empty()) {
      Open& top = open_.back();
      if (!(top.next != top.end)) {
        out_ += top.closing;
        open_.pop_back();
        continue;
      }
      if (!top.first) out_ += ',';
      top.first = false;
      const JsonChild child = *top.next;
      ++top.next;
      if (top.closing == '}') {
        appendJsonString(out_, child.name);
        out_ += ':';
      }
      begin(child.value);
    }
  }

 private:
  struct Open {
    JsonChildren::Iterator next;
    JsonChildren::Iterator end;
    char closing;
    bool first = true;
  };

  void begin(JsonValue value) {
    if (value.kind() == JsonKind::kString) {
      appendJsonString(out_, value.text());
    } else if (value.isScalar()) {
      out_ += value.text();
    } else {
      const bool object = value.kind() == JsonKind::kObject;
      out_ += object ? '{' : '[';
      open_.push_back({value.children().begin(), value.children().end(), object ? '}' : ']'});
    }
  }

  std::string& out_;
  std::vector<Open> open_;
};

}  // namespace

void appendJsonString(std::string& out, std::string_view text) {
  const std::optional<std::string> repaired = replaceInvalidUtf8(text);
  if (repaired) text = *repaired;
  out += '"';
  for (const char c : text) appendEscaped(out, c);
  out += '"';
}

void appendCompactJson(std::string& out, JsonValue value) {
  CompactWriter(out).write(value);
}

}  // namespace sessiond
