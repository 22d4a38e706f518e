#include "http/form.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/secret.h"

namespace sessiond {
namespace {

/// Into a string whose memory is the caller's to wipe. False: it is no text of a form.
bool decode(std::string_view encoded, std::string& text) {
  std::string spaced(encoded);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  const bool is_encoded = percentDecode(spaced, text);
  wipeString(spaced);
  return is_encoded && text.find('\0') == std::string::npos && isValidUtf8(text);
}

enum class Unreadable { kRefused, kLeftOut };

std::optional<FormFields> parse(std::string_view text, Unreadable unreadable) {
  FormFields fields;
  const auto count = static_cast<std::size_t>(std::count(text.begin(), text.end(), '&')) + 1;
  if (count > kMaxFormFields) return std::nullopt;
  fields.reserve(count);  // fields that moved would leave copies behind
  for (bool more = !text.empty(); more;) {
    const std::size_t end = text.find('&');
    more = end != std::string_view::npos;
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(more ? end + 1 : text.size());
    if (pair.empty()) continue;

    const std::size_t equals = pair.find('=');
    auto& [name, value] = fields.emplace_back();
    const bool is_field = decode(pair.substr(0, equals), name) && !name.empty() &&
                          (equals == std::string_view::npos || decode(pair.substr(equals + 1), value));
    if (is_field) continue;
    if (unreadable == Unreadable::kRefused) {
      wipeForm(fields);
      return std::nullopt;
    }
    fields.pop_back();
  }
  return fields;
}

std::ptrdiff_t countOf(const FormFields& fields, std::string_view name) {
  return std::count_if(fields.begin(), fields.end(), [name](const auto& field) { return field.first == name; });
}

}  // namespace

std::optional<FormFields> parseForm(std::string_view text) {
  return parse(text, Unreadable::kRefused);
}

std::optional<FormFields> parseQuery(std::string_view text) {
  return parse(text, Unreadable::kLeftOut);
}

void wipeForm(FormFields& fields) {
  for (auto& [name, value] : fields) {
    wipeString(name);  // a raw & in a password makes a name of its rest
    wipeString(value);
  }
}

std::optional<std::string_view> formField(const FormFields& fields, std::string_view name) {
  if (countOf(fields, name) != 1) return std::nullopt;
  for (const auto& [field, value] : fields) {
    if (field == name) return value;
  }
  return std::nullopt;
}

bool isRepeated(const FormFields& fields, std::string_view name) {
  return countOf(fields, name) > 1;
}

}  // namespace sessiond
